"""The card for signing: numbers masked unless asked for with a reason, large print really large, dated and sourced."""

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from tests.cast import Cast, sample_id_number
from tests.portal.console import signed_in, text_of
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.register.models import Person


def card(cast: Cast, suffix: str) -> str:
    return f"/console/households/{cast.own.household.pk}/card{suffix}"


def number_of(cast: Cast) -> str:
    birth = cast.own.person.birth_date
    assert birth is not None
    return sample_id_number(birth, 101)


def read(content: bytes) -> tuple[str, float]:
    """Return the text of a PDF and the smallest size of its type in points."""
    text, smallest = "", 1000.0
    for page in pypdfium2.PdfDocument(content):
        found = page.get_textpage()
        text += found.get_text_range()
        for index in range(found.count_chars()):
            if not chr(pdfium.FPDFText_GetUnicode(found.raw, index)).isspace():
                smallest = min(smallest, pdfium.FPDFText_GetFontSize(found.raw, index))
    return text, smallest


@pytest.mark.parametrize("size", ["", "?print=large"])
def test_the_card_names_all_with_masked_numbers(cast: Cast, size: str) -> None:
    answer = signed_in(cast, "wang").get(card(cast, ".pdf") + size)
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    text, _smallest = read(answer.content)
    for wanted in ("张伟", "李秀兰", "张小宝", "户主签字", "经办人", "来源", "样例", "99****"):
        assert wanted in text
    assert number_of(cast) not in text
    assert "19000000101" not in text


def test_large_print_is_large(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    _text, normal = read(client.get(card(cast, ".pdf")).content)
    _text, large = read(client.get(card(cast, ".pdf") + "?print=large").content)
    assert normal < 18 <= large


def test_full_numbers_need_a_reason_and_are_logged_each(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    assert client.post(card(cast, "-in-full.pdf"), {"reason": " "}).status_code == 400
    assert not AuditEntry.objects.filter(action="vault.reveal").exists()
    answer = client.post(card(cast, "-in-full.pdf"), {"reason": "", "detail": "入户核对"})
    text, _smallest = read(answer.content)
    assert number_of(cast) in text
    assert "19000000101" in text
    reasons = AuditEntry.objects.filter(action="vault.reveal").values_list("reason", flat=True)
    assert list(reasons) == ["入户核对"] * 6


def test_a_grid_worker_prints_masked_only(cast: Cast) -> None:
    client = signed_in(cast, "li")
    assert client.get(card(cast, ".pdf")).status_code == 200
    assert "card-in-full" not in text_of(client.get(card(cast, "/")))
    assert client.post(card(cast, "-in-full.pdf"), {"reason": "x"}).status_code == 403


def test_the_page_shows_the_same_card(cast: Cast) -> None:
    page = text_of(signed_in(cast, "wang").get(card(cast, "/")))
    for wanted in ("张伟", "李秀兰", "张小宝", "户主签字", "99****", "来源"):
        assert wanted in page
    assert number_of(cast) not in page


def test_a_character_that_the_typeface_lacks_is_named(cast: Cast) -> None:
    Person.objects.unscoped("a test").filter(pk=cast.own.person.pk).update(name="张\ue863")
    text, _smallest = read(signed_in(cast, "wang").get(card(cast, ".pdf")).content)
    assert "U+E863" in text
    assert "手写" in text
