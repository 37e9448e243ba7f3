"""What is said and to whom, as plain values: a domain makes them, the outbox keeps them."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise


@dataclass(frozen=True)
class Letter:
    """A message before it has a recipient. `kind` names what it is about, e.g. `incidents.assigned`.

    Lazy texts are rendered in each recipient's language. `path` is a page of this site. Urgent ones ignore quiet
    hours. Text messages and robots carry subject and body, so neither may name anybody.
    """

    kind: str
    subject: str | Promise
    body: str | Promise
    path: str = ""
    is_urgent: bool = False


@dataclass(frozen=True)
class Recipient:
    """One of: a user of this site, a phone in the vault under a subject, a configured robot by its name."""

    user_id: int | None = None
    subject: UUID | None = None
    hook: str = ""
