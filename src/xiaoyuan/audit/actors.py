"""Who did something. The log stores an id and a label, so that it outlives the account."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Actor:
    """A person or a program that acts; `user_id` is None for programs and strangers."""

    user_id: int | None
    label: str


SYSTEM: Final = Actor(None, "system")
"""Scheduled work without a person behind it."""

STRANGER: Final = Actor(None, "stranger")
"""Somebody who is not signed in."""


def command_actor(name: str) -> Actor:
    """Return the actor for a command that an operator ran on the machine itself."""
    return Actor(None, f"command {name}")
