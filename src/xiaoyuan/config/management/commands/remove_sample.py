"""`xiaoyuan remove-sample`: take every sample row, file and sign-in out."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config.database import require_people
from xiaoyuan.config.sample_town import remove_sample


class Command(BaseCommand):
    help = "Take the sample rows, their files and sign-ins out. Real rows stay."

    def handle(self, *args: Any, **options: Any) -> None:
        require_people()
        counts = remove_sample(actor=command_actor("remove-sample"), now=timezone.now())
        for name, count in counts.items():
            if count:
                self.stdout.write(f"{count:8,} {name}")
        self.stdout.write(_("%(count)d rows were taken out.") % {"count": sum(counts.values())})
