"""One search box: names, pinyin, addresses and plates by an address to keep, personal numbers by none."""

import pytest

from tests.cast import OWN, SIBLING, Cast, sample_id_number
from tests.portal.console import sent, signed_in, text_of
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.tokens import sealing_name, sealing_subject
from xiaoyuan.register.models import Person
from xiaoyuan.vault.actions import open_blob

FIND = "/console/households/find/"


def heads(answer: object) -> list[str]:
    return [row.head_name for row, _others, _hit in answer.context["rows"]]  # type: ignore[attr-defined]  # a test answer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("张伟", ["张伟"]),
        ("zw", ["张伟"]),
        ("zhangwei", ["张伟"]),
        ("lxl", ["张伟"]),
        ("小宝", ["张伟"]),
        ("wgq", ["王国强"]),
        ("一组1号", ["张伟", "王国强"]),
        ("1030030001", ["王国强"]),
        ("不存在", []),
    ],
)
def test_words_lead_to_an_address_that_can_be_kept(cast: Cast, text: str, found: list[str]) -> None:
    client = signed_in(cast, "wang")
    answer = client.post(FIND, {"q": text, "division": OWN, "group": ""})
    assert answer.status_code == 302
    assert sorted(heads(client.get(answer["Location"]))) == sorted(found)


def test_an_identity_number_is_found_and_stands_nowhere(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    birth = cast.own.person.birth_date
    assert birth is not None
    number = sample_id_number(birth, 101)
    answer = client.post(FIND, {"q": number, "division": OWN})
    assert answer.status_code == 200
    assert heads(answer) == ["张伟"]
    assert number not in text_of(answer)
    entry = AuditEntry.objects.filter(action="register.look_up").latest("pk")
    assert entry.detail == {"fields": ["id_number"], "found": 1}


def test_a_phone_is_found_however_it_is_spaced(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    answer = client.post(FIND, {"q": "+86 190 0000 0101"})
    assert heads(answer) == ["张伟"]
    assert answer.context["rows"][0][2] == "张伟"


def test_a_number_of_another_village_is_not_found_and_the_asking_is_logged(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    birth = cast.places["sibling"].person.birth_date
    assert birth is not None
    answer = client.post(FIND, {"q": sample_id_number(birth, 111)})
    assert heads(answer) == []
    assert "没有人登记这个号码" in text_of(answer)
    assert AuditEntry.objects.filter(action="register.look_up").latest("pk").detail["found"] == 0


@pytest.mark.parametrize("text", ["990001196803121018", "19000000101", "1900 0000 101"])
def test_a_number_in_an_address_is_dropped(cast: Cast, text: str) -> None:
    answer = signed_in(cast, "wang").get("/console/households/", {"q": text})
    assert answer.status_code == 302
    assert text not in answer["Location"]


def test_a_plate_finds_who_lives_there_by_code_and_by_token(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    plate = Doorplate.objects.unscoped("a test").get(courtyard=cast.own.courtyard)
    by_code = client.post(FIND, {"q": plate.readable_code})
    assert sorted(heads(client.get(by_code["Location"]))) == ["张伟", "王国强"]
    token = open_blob(
        county_id=plate.county_id,
        subject=sealing_subject(plate.county_id),
        name=sealing_name(plate.code),
        sealed=bytes(plate.token_sealed),
    ).decode()
    by_token = client.post(FIND, {"q": f"https://example.org/d/{token}"})
    assert sorted(heads(by_token)) == ["张伟", "王国强"]
    assert token not in text_of(by_token)


def test_filters_stay_with_the_result(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    answer = client.post(FIND, {"q": "张", "division": OWN, "tag": "党员", "group": "一组", "place": ""})
    page = client.get(answer["Location"])
    assert heads(page) == ["张伟"]
    assert page.context["filters"] == {"group": "一组", "tag": "党员", "place": ""}
    assert heads(client.get("/console/households/", {"group": "二组"})) == []
    assert heads(client.get("/console/households/", {"place": "none"})) == []


def test_an_officer_finds_in_all_their_villages(cast: Cast) -> None:
    client = signed_in(cast, "chen")
    answer = client.get("/console/households/", {"q": "zw"})
    assert {row.division_code for row, *_rest in answer.context["rows"]} == {OWN, SIBLING}


def test_a_person_who_died_is_found_by_number_in_the_last_household(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    son = Person.objects.unscoped("a test").get(name="张小宝", division_code=OWN)
    address = f"/console/persons/{son.pk}/steps/death/"
    body = sent(client.get(address), on="2025-02-01", confirmed="1")
    assert client.post(address, body).status_code == 302
    assert heads(client.post(FIND, {"q": "19000000104"})) == []
    answer = client.post(FIND, {"q": "19000000105"})
    assert [hit for _row, _others, hit in answer.context["rows"]] == ["张小宝"]


def test_a_closed_household_is_found_by_its_number_only(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    own, other = cast.own.household, "1030030001"
    address = f"/console/households/{own.pk}/steps/merge/"
    body = sent(client.get(address), household=other, on="2025-02-01", confirmed="1")
    relations = [name for name in client.post(address, body).context["form"].fields if "relation" in name]
    merged = client.post(address, {**body, **dict.fromkeys(relations, "97")})
    assert merged.status_code == 302, merged.context["form"].errors
    by_number = client.get("/console/households/", {"q": other})
    assert [row.household_no for row, *_rest in by_number.context["rows"]] == [other]
    assert "已注销" in text_of(by_number)
    assert heads(client.get("/console/households/")) == ["张伟"]
