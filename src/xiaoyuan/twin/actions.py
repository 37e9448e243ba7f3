"""Building and publishing the scene of a division."""

import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Division
from xiaoyuan.tiling import build_buildings, build_terrain, build_vectors
from xiaoyuan.twin import publishing
from xiaoyuan.twin.errors import NothingToBuild
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.reading import SceneInput, read_scene

Progress = Callable[[str], None]


def scene_key(code: str, layer_class: LayerClass) -> str:
    """Return a scene's name in URLs: the division code, and the class when it is not public."""
    return code if layer_class is LayerClass.PUBLIC else f"{code}-{layer_class}"


def build_twin(
    *, division: Division, actor: Actor, now: datetime, progress: Progress = lambda step: None
) -> list[Scene]:
    """Build one scene for each layer class that has shapes and publish them; returns them.

    Raises `NothingToBuild`, `BrokenBuild` or tiling's errors; the published scenes then stay as they were.
    """
    scenes = []
    for layer_class in LayerClass:
        scene_input = read_scene(division.code, layer_class)
        if scene_input is not None:
            scenes.append(_build(division, layer_class, scene_input, actor, now, progress))
    if not scenes:
        raise NothingToBuild(division.code)
    return scenes


def _build(
    division: Division,
    layer_class: LayerClass,
    scene_input: SceneInput,
    actor: Actor,
    now: datetime,
    progress: Progress,
) -> Scene:
    key = scene_key(division.code, layer_class)
    revision = now.strftime("%Y%m%dT%H%M%S%f")
    folder = publishing.scene_folder(key) / revision
    unfinished = folder.with_name(f".{revision}")
    try:
        report = _write(scene_input, unfinished, progress)
        publishing.prove_revision(unfinished)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    with transaction.atomic():
        scene, _created = Scene.objects.update_or_create(
            key=key,
            defaults={
                "county_id": ensure_county(division.code).pk,
                "division_code": division.code,
                "layer_class": layer_class,
                "revision": revision,
                "has_terrain": scene_input.terrain is not None,
                "built_at": now,
                "report": report,
            },
        )
        record_audit(
            actor=actor,
            now=now,
            action="twin.publish",
            county_id=scene.county_id,
            object_kind="twin.scene",
            object_id=scene.pk,
            detail={"division": division.code, "revision": revision, "counts": scene_input.counts},
        )
        publishing.flip_pointer(key, _pointer(scene_input, report, revision, now))
    publishing.remove_old_revisions(key, keep=revision)
    return scene


def _write(scene_input: SceneInput, folder: Path, progress: Progress) -> dict[str, Any]:
    report: dict[str, Any] = {"counts": scene_input.counts, "is_sample": scene_input.is_sample}
    if scene_input.buildings is not None:
        progress("buildings")
        buildings = build_buildings(scene_input.buildings, scene_input.terrain, folder / "buildings")
        report["buildings"] = asdict(buildings)
    if scene_input.terrain is not None:
        progress("terrain")
        report["terrain"] = asdict(build_terrain(scene_input.terrain, scene_input.bounds, folder / "terrain"))
    progress("vectors")
    report["vectors"] = asdict(build_vectors(scene_input.layers, folder / "vectors"))
    return report


def _pointer(scene_input: SceneInput, report: dict[str, Any], revision: str, now: datetime) -> dict[str, Any]:
    terrain = report.get("terrain")
    return {
        "revision": revision,
        "built_at": now.isoformat(),
        "bounds": scene_input.bounds,
        "height_range": terrain["height_range_m"] if terrain else [0, 0],
        "tileset": f"{revision}/buildings/tileset.json" if scene_input.buildings is not None else None,
        "terrain": f"{revision}/terrain" if terrain else None,
        "vectors": f"{revision}/vectors/{{z}}/{{x}}/{{y}}.pbf",
        "vector_zooms": [8, 16],
        "layers": [layer.name for layer in scene_input.layers],
        "counts": scene_input.counts,
        "attribution": list(scene_input.attribution),
    }
