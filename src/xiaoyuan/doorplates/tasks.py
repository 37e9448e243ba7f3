"""The long work of doorplates: planning a batch, making the files of a print order."""

from django.utils import timezone
from django_tasks import task

from xiaoyuan.doorplates.batches import make_batch
from xiaoyuan.doorplates.orders import make_order


@task()
def plan(batch_id: int) -> None:
    """Plan the plates of a batch."""
    make_batch(batch_id, now=timezone.now())


@task()
def make(order_id: int) -> None:
    """Make the files of a print order."""
    make_order(order_id, now=timezone.now())
