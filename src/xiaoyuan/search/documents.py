"""What a domain gives to be found: the names, words and numbers of one row."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """What one row is found by. `kind` and `object_id` say which row; an entry without words is removed.

    `names` are names of persons or villages, found by any part of theirs, by pinyin and by initials; `texts`
    (addresses, notes) by parts of two characters; `codes` (numbers of households, plates) by their beginning.
    `is_public`: anybody may find the row; others are found only within a scope.
    """

    county_id: int
    division_code: str
    kind: str
    object_id: int
    is_sample: bool
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    is_public: bool = False
