"""The newest seal of each county in a file outside the database: cutting off the end of the log then shows.

Copy the file elsewhere with the backups: it proves nothing against somebody who can write it too.
"""

import json
import os
from pathlib import Path
from typing import Final

from xiaoyuan.audit.models import AuditSeal
from xiaoyuan.lib.chain import Head

FILE_NAME: Final = "audit-heads.json"


def read_heads(path: Path) -> dict[int, Head]:
    """Return the heads by county; none when the file is not there."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {int(county): Head(one["sequence"], one["hash"]) for county, one in kept.items()}


def keep_head(path: Path, county_id: int, head: Head) -> bool:
    """Write down a newer head; False when the one kept before is gone from the chain, which then stays as it is."""
    heads = read_heads(path)
    before = heads.get(county_id)
    if before is not None and not _is_linked(county_id, before):
        return False
    heads[county_id] = head
    content = {str(county): {"sequence": one.sequence, "hash": one.hash} for county, one in heads.items()}
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(content, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
    return True


def _is_linked(county_id: int, head: Head) -> bool:
    return AuditSeal.objects.filter(county_id=county_id, sequence=head.sequence, hash=head.hash).exists()
