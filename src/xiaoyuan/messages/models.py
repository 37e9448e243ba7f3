"""The outbox: one row a recipient and channel, written with what it is about, delivered afterwards."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.models import User
from xiaoyuan.messages.choices import Channel, Delivery


class Message(models.Model):
    """One message on one channel. A phone number never stands here: it is read from the vault at delivery."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    is_sample = models.BooleanField(default=False)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=5, choices=Channel)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="messages")
    subject_uid = models.UUIDField(null=True, help_text=_("Subject of the phone in the vault."))
    hook = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=120)
    body = models.TextField()
    path = models.CharField(max_length=200, blank=True)
    is_urgent = models.BooleanField(default=False)
    once_key = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=Delivery, default=Delivery.WAITING)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(subject_uid__isnull=False) | ~Q(hook=""),
                name="outbox_message_has_recipient",
            ),
            models.UniqueConstraint(
                fields=["once_key"], condition=~Q(once_key=""), name="outbox_message_once"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="outbox_due"),
            models.Index(fields=["user", "channel", "-created_at"], name="outbox_inbox"),
        ]


class ContactPreference(models.Model):
    """How somebody wants to be written to."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="contact_preference")
    language = models.CharField(max_length=7, default="zh-hans")
    is_large = models.BooleanField(default=False, help_text=_("Large type in e-mail."))
    by_email = models.BooleanField(default=False)
    by_sms = models.BooleanField(default=False)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    class Meta:
        verbose_name = _("contact preference")
        verbose_name_plural = _("contact preferences")
