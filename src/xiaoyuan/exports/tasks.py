"""The one piece of long work: making the file of an export that was let go."""

from django.utils import timezone
from django_tasks import task

from xiaoyuan.exports.making import make_export


@task()
def make(request_id: int) -> None:
    """Make an export's file, if it was let go or waited long enough."""
    make_export(request_id, now=timezone.now())
