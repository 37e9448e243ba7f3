"""States, sources and steps of incidents."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where an incident is on its way."""

    REPORTED = "reported", _("reported")
    ACCEPTED = "accepted", _("accepted")
    ASSIGNED = "assigned", _("assigned")
    IN_PROGRESS = "in_progress", _("in progress")
    DONE = "done", _("done, to be confirmed")
    CONFIRMED = "confirmed", _("confirmed")
    CLOSED = "closed", _("closed")
    REFUSED = "refused", _("refused")
    MERGED = "merged", _("merged with another one")


class Step(models.TextChoices):
    """What is done to an incident."""

    REPORT = "report", _("report")
    ACCEPT = "accept", _("accept")
    ASSIGN = "assign", _("assign")
    START = "start", _("start")
    FINISH = "finish", _("say that it is done")
    CONFIRM = "confirm", _("confirm")
    CLOSE = "close", _("close")
    REFUSE = "refuse", _("refuse")
    MERGE = "merge", _("merge")
    SPLIT = "split", _("split off a part")
    TRANSFER = "transfer", _("transfer")
    ESCALATE = "escalate", _("escalate")
    REOPEN = "reopen", _("open again")
    NOTE = "note", _("add words")
    RATE = "rate", _("rate")
    REMIND = "remind", _("remind")


class Source(models.TextChoices):
    """By which door a report came in."""

    PLATE = "plate", _("at a doorplate")
    MAP = "map", _("on the map")
    FIELD = "field", _("by field work")
    PHONE = "phone", _("by telephone or at the office")
    OPEN311 = "open311", _("by a program (Open311)")
    IMPORT = "import", _("by an import")
