"""A notice of a division, read in all divisions below it; it names no person and anybody may read it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.notices.choices import NoticeKind, NoticeState
from xiaoyuan.register.models import ScopedRow


class Notice(ScopedRow):
    """One notice: written, published for some time, perhaps withdrawn. Its earlier words stay in the change log."""

    title = models.CharField(max_length=80)
    body = models.TextField(help_text=_("Plain words; an empty line begins a paragraph."))
    kind = models.CharField(max_length=9, choices=NoticeKind, default=NoticeKind.GENERAL)
    state = models.CharField(max_length=9, choices=NoticeState, default=NoticeState.DRAFT)
    publish_from = models.DateTimeField()
    publish_until = models.DateTimeField(null=True)
    is_pinned = models.BooleanField(default=False)
    is_urgent = models.BooleanField(default=False)
    is_told = models.BooleanField(
        default=False, help_text=_("Residents and work chats are told when it begins.")
    )
    told_at = models.DateTimeField(null=True)
    loudspeaker_text = models.TextField(blank=True)
    author_label = models.CharField(max_length=150)
    published_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("village notice")
        verbose_name_plural = _("village notices")
        indexes = [
            # One look finds what holds in a village: its own code and those above, newest first.
            models.Index(fields=["division_code", "state", "-publish_from"], name="notices_in_force"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(publish_until__isnull=True)
                | models.Q(publish_until__gt=models.F("publish_from")),
                name="notices_ends_after_beginning",
            ),
        ]

    @property
    def paragraphs(self) -> list[str]:
        """The words, paragraph by paragraph."""
        return [part.strip() for part in self.body.replace("\r\n", "\n").split("\n\n") if part.strip()]
