"""Expressions with their values, for two evaluators: `python -m tests.fieldwork.expression_table` writes it anew.

The server's evaluator and the browsers' (viewer/test/forms.test.ts) are both held to the same file.
"""

import json
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

from xiaoyuan.fieldwork.xlsforms.evaluating import Surroundings, Value, evaluate, text_of
from xiaoyuan.fieldwork.xlsforms.expressions import parse

TABLE: Final = Path(__file__).with_name("expressions.json")
TODAY: Final = date(2026, 11, 24)
ANSWERS: Final[dict[str, Value]] = {
    "none": "",
    "age": 67.0,
    "area": 12.75,
    "way": "coal",
    "risks": "co fire",
    "born": "1959-03-12",
    "words": "  张家湾 三号 ",
    "yes": True,
    "digits": "0012",
    "emoji": "a😀b",
}
ENTRIES: Final[dict[str, list[Value]]] = {"beds": [2.0, "", 1.5, "0.1", "0.2"], "room": ["", ""], "never": []}
FIXED: Final = (
    "${age} >= 60 and ${way} = 'coal'",
    "int((today() - ${born}) div 365.25)",
    "${none} > 3 or not(${none} = '')",
    "${none} != 3",
    "selected(${risks}, 'co') and not(selected(${risks}, 'c'))",
    "count-selected(${risks}) + count-selected(${none})",
    "regex('13900001234', '^1[3-9]\\d{9}$')",
    "regex('1390000123x', '1[3-9]\\d{9}')",
    "regex(${words}, '\\s*[^a-z]+三.\\s*')",
    "regex('aaa', 'a{2}|a{4}')",
    "regex('ab\nc', '.*')",
    "round(2.5) + round(-2.5) + round(12.3456, 2)",
    "if(${area} > 12, 'large', 'small')",
    "coalesce(${none}, ${way})",
    "concat(${age}, ' ', ${area}, ' ', 1 div 3, ' ', ${yes})",
    "string-length(${emoji})",
    "sum(${beds}) + count(${room})",
    "sum(${never}) = 0",
    "-5 mod 3",
    "5 mod -3",
    "1 div 0 = 1 div 0",
    "999999999999999 * 9",
    "'2026-11-24' = today()",
    "today() + 1 > '2026-11-24'",
    "date('2026-02-30') = ''",
    "number('2026-02-30')",
    "number(' 12 ') + number('1e3')",
    "number('.5') + number('5.')",
    "true() = 'x'",
    "'1' = 1 and '01' != '1'",
    "1 < 2 = true()",
    "min(3, -1, 2) + max(${age}, 70)",
    "min(3, 'x')",
    "contains(${words}, '三') and starts-with(${way}, 'co')",
    "0.1 + 0.2",
    "0.00048828125",
    "string(-0.00000000001)",
    "- - 3",
    ". + 1",
    "boolean('') or boolean('false')",
)
_LEAVES: Final = (
    "${none}", "${age}", "${area}", "${way}", "${risks}", "${born}", "${words}", "${yes}", "${digits}", "${emoji}",
    "0", "1", "2.5", "-7", "100000000", "'coal'", "''", "'12'", "'2026-11-24'", "true()", "false()", "today()", ".",
    "sum(${beds})", "count(${room})",
)  # fmt: skip
_OPERATORS: Final = ("or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod")
_CALLS: Final[tuple[tuple[str, int], ...]] = (
    ("not", 1), ("boolean", 1), ("number", 1), ("string", 1), ("int", 1), ("round", 1), ("round", 2), ("date", 1),
    ("string-length", 1), ("count-selected", 1), ("selected", 2), ("contains", 2), ("starts-with", 2), ("coalesce", 2),
    ("if", 3), ("concat", 3), ("min", 2), ("max", 2),
)  # fmt: skip


def expression(pick: Callable[[int], int], depth: int) -> str:
    """Return an expression of the subset; `pick(n)` chooses a number below n."""
    if depth == 0:
        return _LEAVES[pick(len(_LEAVES))]
    shape = pick(4)
    if shape < 2:
        operator = _OPERATORS[pick(len(_OPERATORS))]
        return f"({expression(pick, depth - 1)} {operator} {expression(pick, depth - 1)})"
    if shape == 2:
        name, count = _CALLS[pick(len(_CALLS))]
        return f"{name}({', '.join(expression(pick, depth - 1) for _ in range(count))})"
    return f"-({expression(pick, depth - 1)})" if pick(3) == 0 else expression(pick, depth - 1)


def value_of(text: str) -> Value:
    """Return the value of an expression among the answers of this table."""
    around = Surroundings(ANSWERS.__getitem__, ENTRIES.__getitem__, TODAY, 41.0)
    return evaluate(parse(text), around)


def rows() -> list[dict[str, Any]]:
    """Return the table: expressions, their trees, type and text of their values."""
    chance = random.Random(7)
    drawn = [expression(chance.randrange, 1 + number % 4) for number in range(600)]
    found = []
    for text in [*FIXED, *dict.fromkeys(drawn)]:
        value = value_of(text)
        found.append(
            {"text": text, "tree": parse(text), "type": type(value).__name__, "value": text_of(value)}
        )
    return found


def table() -> dict[str, Any]:
    """Return what the file holds."""
    return {"today": TODAY.isoformat(), "own": 41, "answers": ANSWERS, "entries": ENTRIES, "rows": rows()}


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
