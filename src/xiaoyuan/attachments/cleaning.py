"""Taking out of a file what nobody meant to send: position, camera, time, names. Fails closed.

A photo is decoded and encoded anew, so that only pixels survive. A recording is not decoded (that would need a codec):
containers whose tags we know to leave out are rewritten, all others are refused.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from xiaoyuan.attachments.errors import NotAPhoto, NotVoice, TooLarge

LARGEST_PHOTO: Final = 20 * 1024 * 1024
LARGEST_PIXELS: Final = 64_000_000
LARGEST_VOICE: Final = 2 * 1024 * 1024
LONGEST_SIDE: Final = 1600
THUMBNAIL_SIDE: Final = 240
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
"""JPEG brings the pictures of several frames (MPO) that phones write along."""


@dataclass(frozen=True)
class CleanPhoto:
    """A photo as JPEG without metadata, and its thumbnail."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int


def clean_photo(content: bytes) -> CleanPhoto:
    """Return a photo with nothing but its pixels, upright, at most 1600 px; raises `NotAPhoto` or `TooLarge`."""
    if len(content) > LARGEST_PHOTO:
        raise TooLarge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                if image.width * image.height > LARGEST_PIXELS:
                    raise TooLarge
                image.draft("RGB", (LONGEST_SIDE * 2, LONGEST_SIDE * 2))
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooLarge from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, zlib.error, EOFError):
        raise NotAPhoto from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    small = upright.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return CleanPhoto(_jpeg(upright, 82), _jpeg(small, 75), upright.width, upright.height)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    # A new image of the same pixels: nothing that hangs on the old one can follow.
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def clean_voice(content: bytes) -> tuple[bytes, str]:
    """Return a recording without tags and its media type; raises `NotVoice` or `TooLarge`."""
    if len(content) > LARGEST_VOICE:
        raise TooLarge
    try:
        if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
            return _clean_wave(content), "audio/wav"
        if content[:4] == b"OggS":
            return _clean_ogg(content), "audio/ogg"
        if content[:4] == b"\x1aE\xdf\xa3":
            return _clean_webm(content), "audio/webm"
    except (struct.error, IndexError, ValueError):
        raise NotVoice from None
    raise NotVoice


def _clean_wave(content: bytes) -> bytes:
    """Keep the format and the samples; lists, cues and whatever else a recorder adds go."""
    kept, at = b"", 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], struct.unpack_from("<I", content, at + 4)[0]
        body = content[at + 8 : at + 8 + size]
        if len(body) != size:
            raise NotVoice
        if name in (b"fmt ", b"data"):
            kept += name + struct.pack("<I", size) + body + (b"\0" if size % 2 else b"")
        at += 8 + size + size % 2
    if b"data" not in kept or not kept.startswith(b"fmt "):
        raise NotVoice
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WAVE" + kept


_OGG_POLYNOMIAL: Final = 0x04C11DB7


def _ogg_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _bit in range(8):
            value = ((value << 1) ^ _OGG_POLYNOMIAL if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_OGG_TABLE: Final = _ogg_table()


def _ogg_checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _OGG_TABLE[(value >> 24) ^ byte]
    return value


def _clean_ogg(content: bytes) -> bytes:
    """Replace the comment packet of an Opus stream by an empty one; every page keeps its number and time."""
    out, at, number = b"", 0, 0
    while at < len(content):
        if content[at : at + 4] != b"OggS" or content[at + 4] != 0:
            raise NotVoice
        segments = content[at + 26]
        lacing = content[at + 27 : at + 27 + segments]
        start = at + 27 + segments
        body = content[start : start + sum(lacing)]
        if len(lacing) != segments or len(body) != sum(lacing):
            raise NotVoice
        header = bytearray(content[at : at + 27])
        if number == 0 and not body.startswith(b"OpusHead"):
            raise NotVoice
        if number == 1:
            # The comments must end with their page, else they would go on in the next one.
            if not body.startswith(b"OpusTags") or (lacing and lacing[-1] == 255):
                raise NotVoice
            vendor = b"xiaoyuan"
            body = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)
            lacing = bytes([len(body)])
        header[26] = len(lacing)
        header[22:26] = b"\0\0\0\0"
        page = bytes(header) + lacing + body
        header[22:26] = struct.pack("<I", _ogg_checksum(page))
        out += bytes(header) + lacing + body
        at, number = start + sum(content[at + 27 : at + 27 + segments]), number + 1
    if number < 3:
        raise NotVoice
    return out


_EBML_MASTERS: Final = {0x18538067, 0x1654AE6B, 0xAE}
"""Segment, Tracks, TrackEntry: what is looked into."""
_EBML_KEPT: Final = {0x1A45DFA3, 0x1549A966, 0x1F43B675, 0x1C53BB6B} | _EBML_MASTERS
_EBML_INFO: Final = 0x1549A966
_EBML_INFO_KEPT: Final = {0x2AD7B1, 0x4489}
"""Timecode scale and duration; title, date, program and file names go."""
_EBML_TRACK_KEPT: Final = {0xD7, 0x73C5, 0x83, 0x9C, 0x86, 0x63A2, 0x56AA, 0x56BB, 0xE1}
"""Number, uid, type, lacing, codec and its private data, delays, audio settings; name and language go."""
_UNKNOWN_SIZE: Final = {(1 << (7 * length)) - 1: length for length in range(1, 9)}


def _element(content: bytes, at: int) -> tuple[int, int, int, bool]:
    """Return id, start of the body, its length, and whether the length is unknown."""
    first = content[at]
    id_length = next(length for length in range(1, 5) if first & (0x80 >> (length - 1)))
    number = int.from_bytes(content[at : at + id_length], "big")
    at += id_length
    size_length = next(length for length in range(1, 9) if content[at] & (0x80 >> (length - 1)))
    raw = content[at : at + size_length]
    if len(raw) != size_length:
        raise NotVoice
    size = int.from_bytes(raw, "big") & ((1 << (7 * size_length)) - 1)
    return number, at + size_length, size, size == (1 << (7 * size_length)) - 1


def _sized(number: int, body: bytes) -> bytes:
    name = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return name + (len(body) | 1 << 56).to_bytes(8, "big") + body


def _clean_webm(content: bytes) -> bytes:
    """Keep the parts of a WebM that sound needs; tags, titles, attachments, chapters and program names go."""
    return _webm(content, 0, len(content), _EBML_KEPT, top=True)


def _webm(content: bytes, at: int, end: int, kept: set[int], *, top: bool = False) -> bytes:
    out = b""
    while at < end:
        try:
            number, start, size, is_open = _element(content, at)
        except StopIteration:
            raise NotVoice from None
        # A browser's recorder leaves the length of segment and clusters open: they reach to the next of their kind.
        stop = _open_end(content, number, start, end) if is_open else start + size
        if stop > end:
            raise NotVoice
        body = content[start:stop]
        if number == 0x18538067:
            out += _sized(number, _webm(content, start, stop, _EBML_KEPT - {0x1A45DFA3, number, 0xAE}))
        elif number == 0x1654AE6B:
            out += _sized(number, _webm(content, start, stop, {0xAE}))
        elif number == 0xAE:
            out += _sized(number, _webm(content, start, stop, _EBML_TRACK_KEPT))
        elif number == _EBML_INFO and number in kept:
            out += _sized(number, _webm(content, start, stop, _EBML_INFO_KEPT))
        elif number in kept and number != 0x1C53BB6B:
            out += _sized(number, body)
        at = stop
    if top and 0x18538067.to_bytes(4, "big") not in out:
        raise NotVoice
    return out


def _open_end(content: bytes, number: int, start: int, end: int) -> int:
    if number == 0x18538067:
        return end
    if number != 0x1F43B675:
        raise NotVoice
    at = start
    while at < end:
        inner, body, size, is_open = _element(content, at)
        if inner in (0x1F43B675, 0x1C53BB6B, 0x1254C367):
            return at
        if is_open or body + size > end:
            raise NotVoice
        at = body + size
    return end
