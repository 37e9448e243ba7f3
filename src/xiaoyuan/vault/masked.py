"""A text that prints as `****`, so that no log, template, traceback or URL shows it by accident."""

from typing import Any, Final

MASK: Final = "****"


class Masked:
    """Holds a personal value; only `reveal()` gives it, everything else prints the mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value. Callers must have audited the reason."""
        return self._value

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("masked", self._value))

    def __reduce__(self) -> Any:
        raise TypeError("A masked value cannot be pickled.")
