"""Scenes made by the worker: what changed too widely to be mended while somebody waits."""

from datetime import datetime

import structlog
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.models import Division, PlaceChange
from xiaoyuan.tiling import TilingError
from xiaoyuan.twin.actions import build_twin, pending_builds, publish_changes
from xiaoyuan.twin.errors import TwinError
from xiaoyuan.twin.models import Scene

logger = structlog.get_logger("xiaoyuan.twin")


@task()
def build_scene(division_code: str, actor_id: int | None, actor_label: str) -> None:
    """Build the scenes of a division; the published ones stay when that fails."""
    division = Division.objects.get(code=division_code, valid_until__isnull=True)
    try:
        build_twin(division=division, actor=Actor(actor_id, actor_label), now=timezone.now())
    except (TwinError, TilingError) as error:
        logger.error("a scene was not built", division=division_code, reason=str(error))


def follow_changes(*, county_id: int, actor: Actor, now: datetime) -> list[Scene]:
    """Publish a county's changes of places; what is too wide for that is built by the worker. Returns what changed."""
    changed = publish_changes(county_id=county_id, actor=actor, now=now)
    wanted = {scene.division_code for scene in pending_builds(county_id)}
    for code in sorted(wanted - _queued()):
        build_scene.enqueue(code, actor.user_id, actor.label)
    return changed


def follow_all_changes(*, actor: Actor, now: datetime) -> int:
    """Do the same for every county that has scenes and changes they do not show; returns how many counties."""
    counties = Scene.objects.exclude(revision="").values_list("county_id", "changes_through")
    behind: dict[int, int] = {}
    for county_id, through in counties:
        behind[county_id] = min(through, behind.get(county_id, through))
    followed = 0
    for county_id, through in sorted(behind.items()):
        if PlaceChange.objects.filter(county_id=county_id, pk__gt=through).exists():
            follow_changes(county_id=county_id, actor=actor, now=now)
            followed += 1
    return followed


def _queued() -> set[str]:
    """Return the divisions whose build waits or runs already."""
    jobs = DBTaskResult.objects.filter(
        task_path=build_scene.module_path, status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING]
    )
    return {str(job.args_kwargs["args"][0]) for job in jobs}
