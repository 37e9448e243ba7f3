"""An edit publishes what it touches and nothing else, and gives what a whole build gives, byte for byte."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.twin.conftest import NOW, VILLAGE
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.actions.place_changes import PlaceChanges, standing
from xiaoyuan.register.models import (
    Building,
    County,
    Courtyard,
    Division,
    Parcel,
    PlaceChange,
    PlaceRow,
    Road,
)
from xiaoyuan.register.spatial import shape_fields
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.twin import publishing
from xiaoyuan.twin.actions import build_twin, pending_builds, publish_changes
from xiaoyuan.twin.models import Scene, SceneRevision
from xiaoyuan.twin.tasks import follow_all_changes
from xiaoyuan.twin.verifying import verify_twin

pytestmark = pytest.mark.django_db
KINDS: dict[str, type[PlaceRow]] = {
    "building": Building,
    "courtyard": Courtyard,
    "parcel": Parcel,
    "road": Road,
}


class Editor:
    """Makes, changes and removes places at random, each noted as the register's actions note theirs."""

    def __init__(self, seed: int, spread: float = 0.004) -> None:
        self.random = random.Random(seed)
        self.spread = spread
        self.county = County.objects.get(code="990001")

    def edit(self) -> str:
        kind = self.random.choice(["building", "building", "courtyard", "parcel", "road"])
        rows = list(KINDS[kind].objects.unscoped("test").filter(valid_until__isnull=True).order_by("pk"))
        how = self.random.choice(["make", "change", "remove"] if rows else ["make"])
        changes = PlaceChanges()
        if how == "make":
            self.county.next_cid += 1
            self.county.save()
            row = KINDS[kind](
                cid=self.county.next_cid,
                county=self.county,
                division_code=VILLAGE,
                created_at=NOW,
                updated_at=NOW,
                **self.values(kind),
                **shape_fields(self.shape(kind)),
            )
            if kind == "courtyard":
                row.code = f"N{row.cid}"  # type: ignore[attr-defined]  # a courtyard here
            row.save()
            changes.add(kind, None, standing(row))
        else:
            row = self.random.choice(rows)
            before = standing(row)
            if how == "remove":
                row.valid_until = NOW.date()
            else:
                for name, value in {**self.values(kind), **shape_fields(self.shape(kind))}.items():
                    setattr(row, name, value)
            row.save()
            changes.add(kind, before, standing(row))
        changes.write(county_id=self.county.pk, revision_id=None, at=NOW)
        return f"{how} {kind}"

    def values(self, kind: str) -> dict[str, Any]:
        pick = self.random
        if kind == "building":
            return {"storeys": pick.randint(1, 6), "roof": pick.randint(0, 2)}
        if kind == "parcel":
            return {"use": pick.choice(["paddy", "dry"]), "area_m2": 5.0}
        return {"length_m": 5.0} if kind == "road" else {}

    def shape(self, kind: str) -> shapely.Geometry:
        lon = 105.3 + self.random.uniform(-self.spread, self.spread)
        lat = 27.3 + self.random.uniform(-self.spread, self.spread)
        size = self.random.uniform(0.00005, 0.0002)
        if kind == "road":
            return shapely.LineString([(lon, lat), (lon + size, lat + size), (lon + 3 * size, lat)])
        if kind == "courtyard" and self.random.random() < 0.3:
            return shapely.Point(lon, lat)
        turned: shapely.Geometry = shapely.affinity.rotate(
            shapely.box(lon, lat, lon + size, lat + 0.7 * size), self.random.uniform(0, 90)
        )
        return turned


def published(key: str = VILLAGE) -> SceneRevision:
    revision = publishing.current_revision(Scene.objects.get(key=key))
    assert revision is not None
    return revision


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_give_what_a_whole_build_gives(hamlet: Division, seed: int) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    editor = Editor(seed)
    for step in range(1, 9):
        for _ in range(editor.random.randint(1, 3)):
            editor.edit()
        publish_changes(county_id=editor.county.pk, actor=SYSTEM, now=later(step))
    # An entry with another coordinate far off: new cells, new shards of the index.
    far = Editor(seed + 100, spread=0.3)
    for step in range(20, 23):
        far.edit()
        publish_changes(county_id=far.county.pk, actor=SYSTEM, now=later(step))
    for found in verify_twin(division=hamlet):
        assert found.is_equal, found
    pool = publishing.pool_of(VILLAGE)
    state = publishing.State.from_json(published().state)
    assert publishing.names_of(state, pool) <= {path.name for path in pool.folder.iterdir()}


def test_counts_follow_edits(hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    editor = Editor(3)
    for step in range(1, 12):
        editor.edit()
        publish_changes(county_id=editor.county.pk, actor=SYSTEM, now=later(step))
    counts = published().pointer["counts"]
    build_twin(division=hamlet, actor=SYSTEM, now=later(60))
    assert {name: count for name, count in counts.items() if count} == published().pointer["counts"]


def test_an_edit_writes_few_files(hamlet: Division) -> None:
    Editor(5, spread=0.2).edit()
    editor = Editor(1, spread=0.2)
    for _ in range(60):
        editor.edit()
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    before = {path.name for path in publishing.pool_of(VILLAGE).folder.iterdir()}
    row = (
        Building.objects.unscoped("test")
        .filter(layer_class="public", valid_until__isnull=True)
        .earliest("pk")
    )
    changes, was = PlaceChanges(), standing(row)
    row.storeys = 7
    row.save()
    changes.add("building", was, standing(row))
    changes.write(county_id=row.county_id, revision_id=None, at=NOW)
    assert [scene.key for scene in publish_changes(county_id=row.county_id, actor=SYSTEM, now=later(1))] == [
        VILLAGE
    ]
    new = {path.name for path in publishing.pool_of(VILLAGE).folder.iterdir()} - before
    models = [name for name in new if name.endswith(".glb")]
    assert 1 <= len(models) <= 3, "near, middle and far tile of one cell"
    assert len(new) < len(before) / 2


class Cut(Exception):
    """The power goes."""


@pytest.mark.parametrize("point", range(1, 30))
def test_a_crash_leaves_the_old_or_the_new_scene(
    hamlet: Division, point: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    editor = Editor(7)
    before = published()
    for _ in range(3):
        editor.edit()
    calls = 0

    def counted(function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == point:
                raise Cut
            return function(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        for target, name in (
            (FilePool, "put"),
            (FilePool, "settle"),
            (Path, "replace"),
            (SceneRevision, "save"),
        ):
            patched.setattr(target, name, counted(getattr(target, name)))
        try:
            publish_changes(county_id=editor.county.pk, actor=SYSTEM, now=later(1))
            is_cut = False
        except Cut:
            is_cut = True
    pool = publishing.pool_of(VILLAGE)
    after = published()
    assert (after.name == before.name) == is_cut
    state = publishing.State.from_json(after.state)
    assert publishing.names_of(state, pool) <= {path.name for path in pool.folder.iterdir()}
    # The next publication finds everything that was left undone.
    publish_changes(county_id=editor.county.pk, actor=SYSTEM, now=later(2))
    assert all(found.is_equal for found in verify_twin(division=hamlet))


def test_a_wide_change_waits_for_a_whole_build(hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    county = County.objects.get(code="990001")
    PlaceChange.objects.create(
        county=county, division_code=VILLAGE, kind="building", now=[105.0, 27.0, 105.5, 27.5], at=NOW
    )
    assert publish_changes(county_id=county.pk, actor=SYSTEM, now=later(1)) == []
    assert [scene.key for scene in pending_builds(county.pk)] == [VILLAGE]
    # The worker builds it whole (in tests at once).
    Building.objects.unscoped("test").filter(cid=3).update(storeys=9)
    assert follow_all_changes(actor=SYSTEM, now=later(2)) == 1
    assert pending_builds(county.pk) == []
    assert all(found.is_equal for found in verify_twin(division=hamlet))
    assert follow_all_changes(actor=SYSTEM, now=later(3)) == 0


def test_an_edit_during_a_build_is_published_after_it(hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    editor = Editor(11)
    with publishing.scene_lock(VILLAGE, wait=True):
        editor.edit()
        assert publish_changes(county_id=editor.county.pk, actor=SYSTEM, now=later(1)) == []
    publish_changes(county_id=editor.county.pk, actor=SYSTEM, now=later(2))
    assert all(found.is_equal for found in verify_twin(division=hamlet))


def test_verifying_notices_a_file_that_edits_left_wrong(hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    Building.objects.unscoped("test").filter(cid=3).update(storeys=9)
    found = {difference.key: difference for difference in verify_twin(division=hamlet)}
    assert not found[VILLAGE].is_equal
    assert found[VILLAGE].only_built
    assert found[f"{VILLAGE}-internal"].is_equal
