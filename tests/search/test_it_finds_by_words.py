"""Names are found by parts, pinyin and initials, texts by pairs, codes by their beginning; only within a scope."""

from itertools import count

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.search import index as engine
from xiaoyuan.search.actions import forget, forget_kind, index
from xiaoyuan.search.documents import Document
from xiaoyuan.search.queries import find
from xiaoyuan.search.words import name_words

KIND = "register.household"
VILLAGE, OTHER = "520502103003", "520502103209"
EVERYWHERE = Scope.everything()
_ids = count(1)


def household(
    *names: str, village: str = VILLAGE, texts: tuple[str, ...] = (), codes: tuple[str, ...] = ()
) -> Document:
    return Document(1, village, KIND, next(_ids), False, names=names, texts=texts, codes=codes)


def ids(text: str, scope: Scope | None = EVERYWHERE, *, limit: int = 50) -> list[int]:
    return find(kind=KIND, text=text, scope=scope, is_sample=False, limit=limit)


@pytest.mark.django_db
class TestNames:
    @pytest.mark.parametrize(
        "text",
        [
            "张伟",
            "张",
            "伟",
            "zw",
            "zhangwei",
            "zhangw",
            "wei",
            "ZW",
            "张 伟",
            "ｚｗ",
            "张伟 0017",
            "zw 双堰",
        ],
    )
    def test_a_household_is_found_by_its_member(self, text: str) -> None:
        wanted = household("张伟", "李秀兰", texts=("双堰社区二组",), codes=("0017",))
        index([wanted, household("王国强", codes=("0170",))])
        assert ids(text) == [wanted.object_id]

    @pytest.mark.parametrize(
        "text", ["伟张", "张兰", "zx", "伟李", "0017 王", "双社", "", "  ", "\0", "'", '"', "*", "（", "%"]
    )
    def test_what_is_not_there_is_not_found(self, text: str) -> None:
        index([household("张伟", "李秀兰", texts=("双堰社区二组",), codes=("0017",))])
        assert ids(text) == []

    def test_whole_names_come_first(self) -> None:
        longer, exact = household("张伟强"), household("张伟")
        index([longer, exact])
        assert ids("张伟") == [exact.object_id, longer.object_id]
        assert ids("张伟", limit=1) == [exact.object_id]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("单国栋", "shan"), ("单国栋", "sgd"), ("单国栋", "dan"), ("曾小兰", "zxl"), ("曾小兰", "zengxiaolan"),
            ("吕梅", "lvmei"), ("欧阳修", "oyx"), ("𠮷田", "田"), ("䶮", "䶮"), ("张\ue123", "张\ue123"),
            ("Anna Lee", "anna"), ("买买提·吐尔逊", "吐尔逊"), ("阿依古丽·买买提江", "买提江"),
        ],
    )  # fmt: skip
    def test_names_of_every_kind(self, name: str, text: str) -> None:
        wanted = household(name)
        index([wanted])
        assert ids(text) == [wanted.object_id]


@pytest.mark.django_db
class TestPlaces:
    def test_only_the_scope_answers(self) -> None:
        here, there = household("张伟"), household("张伟", village=OTHER)
        index([here, there])
        assert ids("zw", Scope.below(VILLAGE)) == [here.object_id]
        assert ids("zw", Scope.below("5205021032")) == [there.object_id]
        assert sorted(ids("zw", Scope.below("520502103"))) == [here.object_id, there.object_id]
        assert ids("zw", Scope(prefixes=frozenset({VILLAGE, OTHER}))) != []
        assert ids("zw", Scope()) == []
        assert ids("zw", None) == []

    def test_public_entries_are_anybodys(self) -> None:
        village = Document(0, VILLAGE, KIND, 7, False, names=("双堰社区",), is_public=True)
        index([village, household("双堰")])
        assert ids("sy", None) == [7]

    def test_samples_stay_apart(self) -> None:
        index([Document(1, VILLAGE, KIND, 5, True, names=("张伟",))])
        assert ids("张伟") == []
        assert find(kind=KIND, text="张伟", scope=EVERYWHERE, is_sample=True) == [5]


@pytest.mark.django_db
class TestChanges:
    def test_a_new_document_replaces_the_old(self) -> None:
        first = household("张伟")
        index([first])
        index([Document(1, OTHER, KIND, first.object_id, False, names=("张强",))])
        assert ids("张伟") == []
        assert ids("张强", Scope.below(OTHER)) == [first.object_id]

    def test_forgotten_rows_are_gone(self) -> None:
        first, second, sample = (
            household("张伟"),
            household("张伟"),
            Document(1, VILLAGE, KIND, 9, True, names=("张伟",)),
        )
        index([first, second, sample])
        forget(county_id=1, kind=KIND, object_ids=[first.object_id, 424242])
        assert ids("张伟") == [second.object_id]
        forget_kind(KIND, is_sample=True)
        assert find(kind=KIND, text="张伟", scope=EVERYWHERE, is_sample=True) == []
        assert ids("张伟") == [second.object_id]

    def test_a_document_without_words_is_removed(self) -> None:
        first = household("张伟")
        index([first])
        index([Document(1, VILLAGE, KIND, first.object_id, False)])
        assert ids("张伟") == []

    def test_a_missing_index_is_reported_and_made_again(self) -> None:
        assert engine.check_index("default") == []
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"ALTER TABLE {engine.TABLE} DROP COLUMN words")
            else:
                cursor.execute(f"DROP TABLE {engine.FTS}")
        assert [message.id for message in engine.check_index("default")] == ["search.E001"]
        call_command("migrate", verbosity=0)
        assert engine.check_index("default") == []


NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=4)


class TestAnyName(TestCase):
    @given(st.lists(NAMES, min_size=1, max_size=6), st.data())
    def test_every_part_finds_exactly_the_names_that_hold_it(
        self, names: list[str], data: st.DataObject
    ) -> None:
        documents = [household(name) for name in names]
        index(documents)
        chosen = data.draw(st.sampled_from(names))
        start = data.draw(st.integers(0, len(chosen) - 1))
        part = chosen[start : data.draw(st.integers(start + 1, len(chosen)))]
        wanted = {one.object_id for one in documents if part in one.names[0]}
        assert set(ids(part)) == wanted
        forget_kind(KIND)


def test_a_name_has_few_words() -> None:
    assert len(name_words("曾单重行")) < 120
