"""Taking back one action or one import of the register: rows, vault, figures and the search index as they were."""

from datetime import datetime

from xiaoyuan.audit.actors import Actor


def take_back(revision_id: int, actor: Actor, now: datetime) -> None:
    """Undo a revision exactly; raises `LaterEdits` or `AlreadyUndone`."""
    raise NotImplementedError
