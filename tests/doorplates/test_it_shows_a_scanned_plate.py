"""Who scans a plate sees a place and help, never a person; a token that opens nothing tells nothing."""

import random
import re
import string
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import shapely
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import generate_latest

from tests.doorplates.village import NOW, OFFICE_PHONE, SIBLING, TOWN, VILLAGE, Village, make_user, row
from xiaoyuan.accounts import rates
from xiaoyuan.accounts.choices import Role
from xiaoyuan.accounts.residents import issue_card
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import mark_printed, replace_plate, revoke_plate
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.queries import find_scanned
from xiaoyuan.doorplates.tokens import TOKEN_CHARACTERS, new_token
from xiaoyuan.lib import plate_code
from xiaoyuan.lib.id_number import check_character
from xiaoyuan.notices.actions import publish_notice, write_notice
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, LayerClass, Sex
from xiaoyuan.register.models import (
    County,
    Courtyard,
    Division,
    Household,
    Membership,
    Person,
    PolicyTag,
    StandardAddress,
)
from xiaoyuan.vault.actions import put_many

pytestmark = pytest.mark.django_db
TokenOf = Callable[[Doorplate], str]
PAGE_BUDGET = 60_000
MUTATIONS = 10_000
CANARY_PHONE = "13912345678"
CANARY_ID = "99000119800101123" + check_character("99000119800101123")


def scan(client: Client, token: str) -> bytes:
    return bytes(client.get(f"/d/{token}").content)


def test_it_shows_the_address_and_help(client: Client, plates: list[Doorplate], token_of: TokenOf) -> None:
    response = client.get(f"/d/{token_of(plates[0])}")
    page = response.content.decode()
    assert response.status_code == 200
    address = StandardAddress.objects.unscoped("test").get(courtyard=plates[0].courtyard)
    for text in (address.text, address.house_number, "双堰社区", "朱昌镇", plate_code.spaced(plates[0].code)):
        assert text in page
    for number in ("110", "119", "120", OFFICE_PHONE.replace("-", "")):
        assert f'href="tel:{number}"' in page
    assert f'href="/v/{VILLAGE}/"' in page
    assert 'class="ob"' in page  # its own house is drawn
    assert 'class="r"' in page  # and the road


def test_nothing_of_it_is_kept_or_passed_on(
    client: Client, plates: list[Doorplate], token_of: TokenOf
) -> None:
    for token in (token_of(plates[0]), "unknown"):
        response = client.get(f"/d/{token}")
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in response
        assert not response.cookies


def test_it_is_one_small_file_without_script(
    client: Client, plates: list[Doorplate], token_of: TokenOf
) -> None:
    page = scan(client, token_of(plates[0])).decode()
    assert len(page.encode()) < PAGE_BUDGET
    assert "<script" not in page
    assert not re.search(r"\bon[a-z]+=", page)
    fetched = re.findall(r'(?:src|srcset|poster)="([^"]*)"|<link [^>]*href="([^"]*)"|url\(([^)]*)\)', page)
    assert fetched == [("", "data:,", "")]


def plant_people(village: Village, courtyard: Courtyard) -> list[str]:
    """Fill a courtyard with every kind of personal field; return the canaries."""
    common = row(village.county, VILLAGE, is_sample=True)
    household = Household.objects.create(
        **common, household_no="520502103003009991", group="三组", courtyard=courtyard, main_crops="金丝雀玉米",
        livestock="金丝雀乌鸡", extra={"备注": "金丝雀备注"},
    )  # fmt: skip
    person = Person.objects.create(
        **common, name="金丝雀甲", sex=Sex.FEMALE, birth_date=date(1980, 1, 1), ethnicity="金丝雀族",
        work_place="金丝雀市", health="金丝雀健康", extra={"电话": CANARY_PHONE},
    )  # fmt: skip
    Membership.objects.create(
        **common, household=household, person=person, relation_to_head=HEAD_OF_HOUSEHOLD
    )
    PolicyTag.objects.create(**common, household=household, tag="金丝雀低保户")
    put_many(
        county_id=village.county.pk,
        values={person.person_uid: {"id_number": CANARY_ID, "phone": CANARY_PHONE}},
        now=NOW,
    )
    return ["金丝雀", "520502103003009991", "1980-01-01", CANARY_ID, CANARY_PHONE, str(person.person_uid)]


def make_resident(household: Household, name: str) -> Any:
    """Sign a person up as a resident of the household, the way a card does."""
    person = Person.objects.unscoped("test").get(memberships__household=household)
    issue_card(
        county_id=household.county_id,
        division_code=VILLAGE,
        person_uid=person.person_uid,
        household_id=household.pk,
        display_name=name,
        is_sample=False,
        actor=SYSTEM,
        now=NOW,
    )
    return get_user_model().objects.get(display_name=name)


@pytest.mark.parametrize(
    "who", ["stranger", "resident", "neighbour", "officer", "officer elsewhere", "operator"]
)
def test_no_one_who_lives_there_is_on_it(
    client: Client, village: Village, plates: list[Doorplate], token_of: TokenOf, who: str
) -> None:
    County.objects.update(shows_sample=True)
    canaries = plant_people(village, plates[0].courtyard)
    here = Household.objects.unscoped("test").get(courtyard=plates[0].courtyard)
    there = Household.objects.create(
        **row(village.county, VILLAGE, is_sample=True), household_no="2", courtyard=plates[1].courtyard
    )
    neighbour = Person.objects.create(
        **row(village.county, VILLAGE, is_sample=True), name="邻居", sex=Sex.MALE
    )
    Membership.objects.create(
        **row(village.county, VILLAGE, is_sample=True),
        household=there,
        person=neighbour,
        relation_to_head=HEAD_OF_HOUSEHOLD,
    )
    people: dict[str, Callable[[], Any]] = {
        "resident": lambda: make_resident(here, "本户"),
        "neighbour": lambda: make_resident(there, "邻户"),
        "officer": lambda: make_user("clerk", Role.VILLAGE_CLERK, VILLAGE),
        "officer elsewhere": lambda: make_user("clerk", Role.VILLAGE_CLERK, SIBLING),
        "operator": lambda: make_user("operator", Role.OPERATOR, ""),
    }
    if who != "stranger":
        client.force_login(people[who]())
    token = token_of(plates[0])
    page, data = client.get(f"/d/{token}"), client.get(f"/api/v1/plates/{token}")
    assert (
        StandardAddress.objects.unscoped("test").get(courtyard=plates[0].courtyard).text
        in page.content.decode()
    )
    for answer in (page, data):
        assert answer.status_code == 200
        said = (
            answer.content.decode() + data.content.decode("unicode_escape", "ignore") + repr(answer.headers)
        )
        assert [canary for canary in canaries if canary in said] == []
    # Whether anybody lives here, and how many, is for the officer of the place alone; who lives here knows it.
    assert ("1 户" in page.content.decode()) is (who == "officer")
    assert ("您住在这里" in page.content.decode()) is (who == "resident")


@pytest.mark.parametrize(
    ("role", "scope", "is_linked"),
    [
        (Role.VILLAGE_CLERK, VILLAGE, True),
        (Role.GRID_WORKER, VILLAGE, True),
        (Role.VILLAGE_CLERK, SIBLING, False),
        (Role.OPERATOR, "", False),
    ],
)
def test_only_an_officer_of_the_place_gets_a_door_to_the_console(
    client: Client, plates: list[Doorplate], token_of: TokenOf, role: Role, scope: str, is_linked: bool
) -> None:
    client.force_login(make_user("someone", role, scope))
    assert (b"/console/" in scan(client, token_of(plates[0]))) is is_linked


def test_unknown_malformed_and_ended_look_alike(
    client: Client, plates: list[Doorplate], token_of: TokenOf
) -> None:
    tokens = [token_of(plate) for plate in plates]
    mark_printed(plates=plates[:2], actor=SYSTEM, now=NOW)
    revoke_plate(plate=plates[0], reason="test", actor=SYSTEM, now=NOW)
    replace_plate(plate=plates[1], reason="test", actor=SYSTEM, now=NOW)
    candidates = [tokens[0], tokens[1], new_token(), "", "x", "..", "a/b", "%0A", "%FF", "号" * 9, "A" * 900]
    answers = [client.get(f"/d/{token}") for token in candidates]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert client.get(f"/d/{tokens[2]}").status_code == 200


def reads(queries: CaptureQueriesContext) -> int:
    """Count what was read; PostgreSQL adds savepoints of the request and the scope of its row security."""
    said = [query["sql"] for query in queries.captured_queries]
    return sum(sql.startswith("SELECT") and "set_config(" not in sql for sql in said)


def test_unknown_and_ended_cost_the_same(client: Client, plates: list[Doorplate], token_of: TokenOf) -> None:
    ended = token_of(plates[0])
    revoke_plate(plate=plates[0], reason="test", actor=SYSTEM, now=NOW)
    counts = []
    for token in (ended, new_token(), "malformed"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"/d/{token}")
        counts.append(reads(queries))
    assert counts == [1, 1, 1]


def test_a_page_takes_few_queries(
    client: Client, plates: list[Doorplate], token_of: TokenOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(plates[0])
    # Every tenth scan is counted; neither of these two is.
    monkeypatch.setattr(rates._RANDOM, "random", lambda: 0.9)
    with CaptureQueriesContext(connection) as queries:
        scan(client, token)
    assert reads(queries) == 9
    # What the page is made of is remembered for a minute, the verdict on its reader for seconds; the plate never.
    with CaptureQueriesContext(connection) as queries:
        scan(client, token)
    assert reads(queries) == 1


def test_what_is_remembered_hides_no_end_and_no_move(
    client: Client, plates: list[Doorplate], token_of: TokenOf
) -> None:
    token, courtyard = token_of(plates[0]), plates[0].courtyard
    before = scan(client, token).decode()
    StandardAddress.objects.unscoped("test").filter(courtyard=courtyard).update(text="改过的地址")
    assert "改过的地址" in scan(client, token).decode()
    moved = shapely.to_wkb(
        shapely.transform(shapely.from_wkb(bytes(courtyard.wkb or b"")), lambda xy: xy + 0.0001)
    )
    Courtyard.objects.unscoped("test").filter(pk=courtyard.pk).update(wkb=moved)
    assert sketch(scan(client, token).decode()) != sketch(before)
    revoke_plate(plate=plates[0], reason="test", actor=SYSTEM, now=NOW)
    assert client.get(f"/d/{token}").status_code == 404


def sketch(page: str) -> str:
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found is not None
    return found[0]


def test_programs_read_the_same_as_json(client: Client, plates: list[Doorplate], token_of: TokenOf) -> None:
    token = token_of(plates[0])
    answer = client.get(f"/api/v1/plates/{token}")
    address = StandardAddress.objects.unscoped("test").get(courtyard=plates[0].courtyard)
    body = answer.json()
    assert (body["address"], body["house_number"]) == (address.text, address.house_number)
    assert body["code"] == plate_code.spaced(plates[0].code)
    assert (body["village"]["name"], body["township"], body["county"]) == ("双堰社区", "朱昌镇", "七星关区")
    assert body["office"]["phone"] == OFFICE_PHONE
    assert client.get(body["page"]).status_code == client.get(body["report"]).status_code == 200
    assert answer["Cache-Control"] == "no-store"
    revoke_plate(plate=plates[0], reason="test", actor=SYSTEM, now=NOW)
    ended, unknown = client.get(f"/api/v1/plates/{token}"), client.get(f"/api/v1/plates/{new_token()}")
    assert (ended.status_code, ended.content) == (unknown.status_code, unknown.content)
    assert ended.status_code == 404


def test_notices_of_the_village_are_on_it(client: Client, plates: list[Doorplate], token_of: TokenOf) -> None:
    now = timezone.now()
    County.objects.update(shows_sample=True)
    notice = write_notice(
        county_id=plates[0].county_id,
        division_code=TOWN,
        title="近日有雨",
        body="请注意落石。",
        kind="warning",
        publish_from=now,
        publish_until=None,
        is_sample=plates[0].is_sample,
        actor=SYSTEM,
        now=now,
    )
    publish_notice(notice=notice, actor=SYSTEM, now=now)
    assert f'href="/v/{VILLAGE}/notices/{notice.pk}/"' in scan(client, token_of(plates[0])).decode()
    body = client.get(f"/api/v1/plates/{token_of(plates[0])}").json()
    assert [line["title"] for line in body["notices"]] == ["近日有雨"]


def mutated(token: str, chance: random.Random) -> str:
    """Return a token near `token`: a character changed, swapped, added, dropped or in the other case."""
    alphabet = string.ascii_letters + string.digits + "-_"
    place = chance.randrange(TOKEN_CHARACTERS)
    match chance.randrange(5):
        case 0:
            return token[:place] + chance.choice(alphabet) + token[place + 1 :]
        case 1:
            other = chance.randrange(TOKEN_CHARACTERS)
            characters = list(token)
            characters[place], characters[other] = characters[other], characters[place]
            return "".join(characters)
        case 2:
            return token[:place] + chance.choice(alphabet + " .%00") + token[place:]
        case 3:
            return token[:place] + token[place + 1 :]
        case _:
            return token[:place] + token[place].swapcase() + token[place + 1 :]


@pytest.mark.slow
def test_none_of_ten_thousand_near_misses_opens(plates: list[Doorplate], token_of: TokenOf) -> None:
    chance, tokens = random.Random(20260101), {token_of(plate) for plate in plates}
    tried: set[str] = set()
    while len(tried) < MUTATIONS:
        tried |= {mutated(token, chance) for token in sorted(tokens)} - tokens
    assert [token for token in sorted(tried) if find_scanned(token)] == []
    assert all(find_scanned(token) for token in tokens)


def test_only_reading_is_possible(client: Client, plates: list[Doorplate], token_of: TokenOf) -> None:
    assert client.post(f"/d/{token_of(plates[0])}").status_code == 405
    assert client.head(f"/d/{token_of(plates[0])}").status_code == 200


def test_no_log_and_no_metric_holds_a_token(
    client: Client,
    plates: list[Doorplate],
    token_of: TokenOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")  # a demo logs no requests
    ended, live, unknown = token_of(plates[0]), token_of(plates[1]), new_token()
    revoke_plate(plate=plates[0], reason="test", actor=SYSTEM, now=NOW)
    for token in (ended, live, unknown):
        client.get(f"/d/{token}")
        client.post(f"/d/{token}")
    log = repr([record.msg for record in caplog.records])
    assert "^d/" in log  # the route is named, so the request was logged
    written = log + generate_latest().decode()
    assert [token for token in (ended, live, unknown) if token in written] == []


def test_a_courtyard_off_the_public_layers_is_not_drawn(
    client: Client, plates: list[Doorplate], token_of: TokenOf
) -> None:
    Courtyard.objects.unscoped("test").filter(pk=plates[0].courtyard_id).update(
        layer_class=LayerClass.INTERNAL
    )
    page = scan(client, token_of(plates[0]))
    assert b"<svg" not in page
    assert b"tel:110" in page


def test_without_an_office_phone_it_invents_none(
    client: Client, plates: list[Doorplate], token_of: TokenOf
) -> None:
    Division.objects.update(office_phone="")
    page = scan(client, token_of(plates[0])).decode()
    assert re.findall(r'href="tel:([^"]*)"', page) == ["110", "119", "120"]


def test_it_sets_an_example_that_the_canaries_exist(village: Village, plates: list[Doorplate]) -> None:
    """The control: what the search above looks for really lies in the register."""
    plant_people(village, plates[0].courtyard)
    assert Person.objects.unscoped("test").filter(name__contains="金丝雀").count() == 1
    assert get_user_model().objects.count() == 0
