"""One plate as SVG in its real size, for sign makers whose machines take drawings, not pages."""

import unicodedata
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from xiaoyuan.doorplates.printing import PlateFace, labels, qr_svg, split_number
from xiaoyuan.doorplates.sizes import Measure

_FAMILY: Final = "'Noto Sans CJK SC','Source Han Sans SC',SimHei,'黑体',sans-serif"
_GROUND: Final = "#0b4ea2"
_MM_A_POINT: Final = 25.4 / 72
_NARROW: Final = 0.58
"""Width of a figure or letter in ems of the typeface, a Chinese character being one em."""


def plate_svg(face: PlateFace, measure: Measure) -> str:
    """Return a drawing whose units are millimetres; type is left as text, so that the maker can set it anew.

    Raises `PlateAddressUnusable` for an address that is too long for the code.
    """
    width, height, qr = measure.width_mm, measure.height_mm, measure.qr_mm
    modules, code = qr_svg(face.url)
    u = height / 90
    quiet = qr / modules * 4
    side = qr + 2 * quiet
    left, right = 10 * u, width - 8 * u
    column = right - side - 13.4 * u
    k = min(u, column / 80)
    middle = right - side / 2
    says = labels()
    number = split_number(face.house_number)
    top = f"{face.place_name}　{face.group}" if face.group else face.place_name
    large = f"{number.before}{number.digits}{number.after}" if number.digits else face.address
    parts = [
        f'<rect width="{width}" height="{height}" fill="{_GROUND}"/>',
        f'<rect x="{3.5 * u:g}" y="{3.5 * u:g}" width="{width - 7 * u:g}" height="{height - 7 * u:g}" '
        f'rx="{3 * u:g}" fill="none" stroke="#fff" stroke-width="{0.7 * u:g}"/>',
        _line(top, left, 20 * u, 27 * k, column),
        _line(large, left, (53 if number.digits else 44) * u, (80 if number.digits else 22) * k, column),
        _line(face.address, left, 65.5 * u, 10.5 * k, column) if number.digits else "",
        _line(f"{says['code']}　{face.code}", left, 78 * u, 9.5 * k, column * (0.65 if face.mark else 1)),
        f'<rect x="{right - side:g}" y="{9.5 * u:g}" width="{side:g}" height="{side:g}" rx="{1.5 * u:g}" fill="#fff"/>',
        code.replace(
            "<svg ",
            f'<svg x="{right - side + quiet:g}" y="{9.5 * u + quiet:g}" width="{qr}" height="{qr}" ',
            1,
        ),
        _line(says["scan"], middle, 9.5 * u + side + 5.6 * u, 10 * k, side, anchor="middle"),
        f'<rect x="{right - side * 0.95:g}" y="{9.5 * u + side + 8.2 * u:g}" width="{side * 0.9:g}" '
        f'height="{7 * u:g}" rx="{3.5 * u:g}" fill="none" stroke="#fff" stroke-width="{0.35 * u:g}"/>',
        _line(says["auxiliary"], middle, 9.5 * u + side + 13.2 * u, 11 * k, side * 0.8, anchor="middle"),
        _line(says["not_official"], middle, 9.5 * u + side + 19.4 * u, 7.5 * k, side, anchor="middle"),
        _line(face.mark, left + column, 78.5 * u, 12 * k, column * 0.3, anchor="end", fill="#e2b83c"),
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" font-family={quoteattr(_FAMILY)} font-weight="700">'
        f"<title>{escape(face.code)}</title>{''.join(parts)}</svg>\n"
    )


def _line(
    text: str, x: float, y: float, points: float, most: float, *, anchor: str = "start", fill: str = "#fff"
) -> str:
    """Return a line of type with its baseline at y, smaller where it would be wider than `most` millimetres."""
    if not text:
        return ""
    size = min(points * _MM_A_POINT, most / max(_ems(text), 0.1))
    return (
        f'<text x="{x:.3f}" y="{y:.3f}" font-size="{size:.3f}" fill="{fill}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _ems(text: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(one) in "WFA" else _NARROW for one in text)
