"""`xiaoyuan rebuild-search`: make the index of words afresh, after an update or when the system check says so."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.config.database import require_people
from xiaoyuan.config.wiring import SEARCH
from xiaoyuan.register.management.output import progress_bar
from xiaoyuan.search.actions import forget_kind, index
from xiaoyuan.search.models import SearchEntry


class Command(BaseCommand):
    help = "Make the index by which households and divisions are found afresh."

    def handle(self, *args: Any, **options: Any) -> None:
        require_people()
        with progress_bar(_("indexing")) as tick:
            for done, (kind, documents) in enumerate(SEARCH, start=1):
                with transaction.atomic():  # whoever searches meanwhile finds what was there before
                    forget_kind(kind)
                    index(documents(), are_new=True)
                tick(done, len(SEARCH))
        count = SearchEntry.objects.count()
        self.stdout.write(_("%(count)d rows can be found.") % {"count": count})
