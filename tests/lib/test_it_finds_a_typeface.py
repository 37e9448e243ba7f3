"""Print needs a Chinese typeface with a bold cut: of the system, or of the package we depend on."""

import pytest
import typst

from xiaoyuan.lib import fonts

SAMPLE = '#set page(width: 40mm, height: 20mm)\n#set text(font: "{}", weight: 700, lang: "zh")\n双堰社区'


@pytest.mark.parametrize("use_system", [True, False])
def test_it_finds_one_that_typst_accepts(use_system: bool) -> None:
    font = fonts.find_chinese_font(use_system=use_system)
    only = typst.Fonts(include_system_fonts=False, font_paths=[font.folder])
    page, warnings = typst.compile_with_warnings(SAMPLE.format(font.family).encode(), font_paths=only)
    assert warnings == []
    assert page is not None
    assert b"NotoSansCJKsc" in page


def test_typst_warns_of_a_missing_one() -> None:
    _page, warnings = typst.compile_with_warnings(
        SAMPLE.format("No Such Typeface").encode(), ignore_system_fonts=True
    )
    assert warnings


def test_without_any_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        return None

    monkeypatch.setattr(fonts, "_system_font", nothing)
    monkeypatch.setattr(fonts, "_package_font", nothing)
    with pytest.raises(fonts.FontMissing, match="fonts-noto-cjk"):
        fonts.find_chinese_font()


def test_a_package_that_is_not_installed_has_no_folder() -> None:
    assert fonts.package_folder("no_such_package_of_type") is None


@pytest.mark.parametrize("use_system", [True, False])
def test_it_knows_which_characters_a_face_cannot_draw(use_system: bool) -> None:
    font = fonts.find_chinese_font(use_system=use_system)
    assert fonts.missing_characters(font, "双堰社区 螺蛳村 䶮 128号 Mamre é\n") == ""
    assert fonts.missing_characters(font, "王\U0002ceb0村\U0002a6d7\U0002ceb0") == "\U0002ceb0\U0002a6d7"
    assert fonts.missing_characters(font, "") == ""
