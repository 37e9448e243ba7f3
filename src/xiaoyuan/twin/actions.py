"""Building and publishing scenes: whole ones, and what an edit touched."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import numpy as np
from django.db import transaction
from django.db.models import Max, Q

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Division, PlaceChange
from xiaoyuan.tiling import BuildingScene, BuildingSet, VectorLayer
from xiaoyuan.tiling.buildings import cell_box, middle_cells, rebuild_buildings
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import tile_box
from xiaoyuan.tiling.vector_tiles import rebuild_vectors
from xiaoyuan.twin.building import (
    BuildingBuilder,
    Made,
    Progress,
    build_here,
    make_scene,
    place_terrain,
    pointer_for,
    prove,
    scene_bounds,
)
from xiaoyuan.twin.changes import Dirty, dirty_parts
from xiaoyuan.twin.errors import NothingToBuild, SceneBusy
from xiaoyuan.twin.layers import MIN_ZOOM, ORDER
from xiaoyuan.twin.models import Scene, SceneRevision
from xiaoyuan.twin.publishing import (
    State,
    current_revision,
    pool_of,
    prune,
    publish,
    remove_files,
    scene_folder,
    scene_lock,
)
from xiaoyuan.twin.reading import Ground, Part, ground_under

PRUNED_EVERY: Final = 200
"""Revisions of edits after which the old ones go; a whole build sweeps anyway."""

COLUMNS: Final = ("cid", "footprint", "height_m", "storeys", "roof", "structure")
EMPTY: Final = BuildingSet(
    np.zeros(0, np.uint32),
    np.zeros(0, object),
    np.zeros(0),
    np.zeros(0, np.int32),
    np.zeros(0, np.uint8),
    np.zeros(0, np.uint8),
)


def scene_key(code: str, layer_class: LayerClass) -> str:
    """Return a scene's name in URLs: the division code, and the class when it is not public."""
    return code if layer_class is LayerClass.PUBLIC else f"{code}-{layer_class}"


def build_twin(
    *,
    division: Division,
    actor: Actor,
    now: datetime,
    progress: Progress = lambda step: None,
    build: BuildingBuilder = build_here,
) -> list[Scene]:
    """Build one scene for each layer class that has shapes and publish them; returns them.

    Raises `NothingToBuild`, `BrokenBuild` or tiling's errors; the published scenes then stay as they were.
    """
    parts = [Part(division.code, layer_class) for layer_class in LayerClass]
    filled = [part for part in parts if part.has_places()]
    if not filled:
        raise NothingToBuild(division.code)
    for part in parts:
        if part not in filled:
            _take_down(scene_key(part.code, part.layer_class))
    scenes = [_build(part, actor, now, progress, build) for part in filled]
    # Edits that came while the build ran.
    publish_changes(county_id=scenes[0].county_id, actor=actor, now=now)
    return [Scene.objects.get(pk=scene.pk) for scene in scenes]


def publish_changes(*, county_id: int, actor: Actor, now: datetime) -> list[Scene]:
    """Bring the published scenes of a county up to its last change of a place; returns those that changed.

    Only the cells and tiles that the places touch are made afresh. A scene that somebody is building at this moment is
    left to that build; one whose changes are too wide waits for a whole build, which `pending_builds` lists.
    """
    last = _last_change(county_id)
    behind = Scene.objects.filter(county_id=county_id, changes_through__lt=last).exclude(revision="")
    changed: list[Scene] = []
    for scene in behind.defer("report").order_by("division_code"):
        pending = _pending(scene)
        if not pending:
            Scene.objects.filter(pk=scene.pk).update(changes_through=last)
            continue
        try:
            with scene_lock(scene.key, wait=False):
                if _republish(scene, actor, now):
                    changed.append(scene)
        except SceneBusy:
            continue
    return changed


def pending_builds(county_id: int) -> list[Scene]:
    """Return the scenes that changed too widely to be mended: they need `build_twin`."""
    scenes = Scene.objects.filter(county_id=county_id).exclude(revision="").defer("report")
    return [scene for scene in scenes if (pending := _pending(scene)) and dirty_parts(pending).is_whole]


def _build(part: Part, actor: Actor, now: datetime, progress: Progress, build: BuildingBuilder) -> Scene:
    key = scene_key(part.code, part.layer_class)
    county = ensure_county(part.code)
    scene, _created = Scene.objects.get_or_create(
        key=key,
        defaults={"county_id": county.pk, "division_code": part.code, "layer_class": part.layer_class},
    )
    with scene_lock(key, wait=True):
        # Read before the rows: an edit in between is published again, never forgotten.
        through = _last_change(county.pk)
        pool = pool_of(key)
        made = make_scene(part, scene_folder(key), pool, progress=progress, build=build)
        prove(made.state, pool)
        pool.settle()
        scene.refresh_from_db()
        scene.changes_through = through
        with transaction.atomic():
            Scene.objects.filter(pk=scene.pk).update(report=made.report)
            _publish(scene, made, actor, now, changes=0)
        prune(scene, now)
    return scene


def _republish(scene: Scene, actor: Actor, now: datetime) -> bool:
    """Publish the pending changes of a scene; whether a new revision came of it. Runs under the scene's lock."""
    scene.refresh_from_db(fields=["revision", "changes_through"])
    revision = current_revision(scene)
    pending = _pending(scene)
    if revision is None or not pending:
        return False
    part = Part(scene.division_code, LayerClass(scene.layer_class))
    ground = ground_under(part.code, part.layer_class)
    before = State.from_json(revision.state)
    dirty = dirty_parts(pending)
    if dirty.is_whole or before.ground != (ground.digest if ground else ""):
        return False
    pool = pool_of(scene.key, durable=True)
    buildings = rebuild_scene_buildings(part, dirty, before.buildings, ground, pool)
    vectors = rebuild_scene_vectors(part, dirty, before.vectors, pool)
    folder = scene_folder(scene.key)
    bounds = scene_bounds(part.code, vectors, pool)
    state = State(
        buildings=buildings,
        vectors=vectors,
        terrain=place_terrain(folder, ground, bounds),
        ground=before.ground,
    )
    counts = dict(revision.pointer["counts"])
    for layer, more in dirty.counts.items():
        counts[layer] = max(0, counts.get(layer, 0) + more)
    pool.settle()
    scene.changes_through = pending[-1].pk
    made = Made(state, pointer_for(part, folder, bounds, state, counts), {})
    _publish(scene, made, actor, now, changes=len(pending))
    if SceneRevision.objects.filter(scene=scene).count() > PRUNED_EVERY:
        prune(scene, now)
    return True


def _publish(scene: Scene, made: Made, actor: Actor, now: datetime, *, changes: int) -> None:
    name = now.strftime("%Y%m%dT%H%M%S%f")
    while SceneRevision.objects.filter(scene=scene, name=name).exists():
        name += "b"
    scene.has_terrain = bool(made.state.terrain)
    with transaction.atomic():
        publish(
            scene,
            SceneRevision(
                name=name,
                published_at=now,
                pointer={"revision": name, "built_at": now.isoformat(), **made.pointer},
                state=made.state.as_json(),
                changes=changes,
            ),
        )
        scene.revision = name
        record_audit(
            actor=actor,
            now=now,
            action="twin.publish",
            county_id=scene.county_id,
            object_kind="twin.scene",
            object_id=scene.pk,
            detail={
                "division": scene.division_code,
                "revision": name,
                "counts": made.pointer["counts"],
                "changes": changes,
            },
        )


def _take_down(key: str) -> None:
    """Forget a scene that has nothing left to show."""
    for scene in Scene.objects.filter(key=key):
        with scene_lock(key, wait=True):
            scene.delete()
        remove_files(key)


def _last_change(county_id: int) -> int:
    return PlaceChange.objects.filter(county_id=county_id).aggregate(last=Max("pk"))["last"] or 0


def _pending(scene: Scene) -> list[PlaceChange]:
    """Return the changes that a scene does not show yet, in order."""
    code = scene.division_code
    # A change of many places stands under the division that holds them all.
    of_scene = Q(**divisions.range_below(code)) | Q(cid=0, division_code__in=divisions.ancestors(code))
    rows = PlaceChange.objects.filter(
        of_scene,
        county_id=scene.county_id,
        layer_class=scene.layer_class,
        pk__gt=scene.changes_through,
    )
    return list(rows.order_by("pk"))


def rebuild_scene_buildings(
    part: Part, dirty: Dirty, scene: BuildingScene, ground: Ground | None, pool: FilePool
) -> BuildingScene:
    """Return the 3D buildings with the dirty cells made afresh."""
    if not dirty.cells:
        return scene
    terrain = ground.open() if ground else None
    return rebuild_buildings(
        scene, sorted(dirty.cells), _buildings_of(part, dirty.cells), terrain, pool
    ).scene


def _buildings_of(part: Part, cells: Iterable[int]) -> BuildingSet:
    """Return all buildings whose centre lies in the cells."""
    sets = [EMPTY]
    for cell in sorted(cells):
        found = part.buildings(cell_box(cell))
        if found is not None:
            inside = middle_cells(found.bounds()) == cell
            sets.append(found.take(np.flatnonzero(inside)))
    return BuildingSet(*(np.concatenate([getattr(one, name) for one in sets]) for name in COLUMNS))


def rebuild_scene_vectors(part: Part, dirty: Dirty, index: str, pool: FilePool) -> str:
    """Return the index of the vector tiles with the dirty ones made afresh, layer by layer."""
    for name in ORDER:
        if name not in dirty.tiles:
            continue
        for block, tiles in sorted(dirty.blocks(name).items()):
            layer = part.layer(name, tile_box(*block)) or _empty_layer(name)
            index = rebuild_vectors(index, layer, sorted(tiles), pool, order=ORDER).index
    return index


def _empty_layer(name: str) -> VectorLayer:
    return VectorLayer(name, MIN_ZOOM[name], np.zeros(0, np.uint32), np.zeros(0, object))
