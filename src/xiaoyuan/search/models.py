"""One entry a row that can be found; its words lie in the engine's own index beside it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchEntry(models.Model):
    """Which row is found, where it lies and who may find it.

    The words are in the FTS5 table `search_words` on SQLite and in the column `words` (tsvector) on PostgreSQL: both
    come with `xiaoyuan.search.index`, not with a migration.
    """

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    is_sample = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "kind", "object_id"], name="search_entry_object"),
        ]
        indexes = [models.Index(fields=["kind", "object_id"], name="search_entry_kind")]
