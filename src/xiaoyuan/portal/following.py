"""Letting the scenes follow an edit of places, without ever losing the edit."""

from datetime import datetime

import structlog
from django.db import transaction

from xiaoyuan.audit.actors import Actor
from xiaoyuan.twin.tasks import follow_changes

logger = structlog.get_logger("xiaoyuan.following")


def let_scenes_follow(*, county_id: int, actor: Actor, now: datetime) -> list[str]:
    """Publish the scenes that show what was just written; returns the addresses of their pointers.

    The edit is saved by then. A scene that cannot be published keeps showing what it showed, and the next edit or the
    next whole build brings it up to date.
    """
    try:
        with transaction.atomic():
            scenes = follow_changes(county_id=county_id, actor=actor, now=now)
    except Exception as error:
        logger.exception("scenes stayed behind", county_id=county_id, kind=type(error).__name__)
        return []
    return [f"/twin/{scene.key}/current.json" for scene in scenes]
