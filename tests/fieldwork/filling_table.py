"""Filled forms with what is asked and what is wrong: `python -m tests.fieldwork.filling_table` writes them anew.

The server and the browsers (viewer/test/forms.test.ts) settle the same forms and are held to the same file.
"""

import json
import random
from datetime import date
from pathlib import Path
from typing import Any, Final

import django

from xiaoyuan.fieldwork.form_samples import FILLED, HEATING
from xiaoyuan.fieldwork.xlsforms.answering import fill
from xiaoyuan.fieldwork.xlsforms.browser import for_browser
from xiaoyuan.fieldwork.xlsforms.evaluating import text_of

TABLE: Final = Path(__file__).with_name("fillings.json")
TODAY: Final = date(2026, 11, 24)


def _drawn(chance: random.Random) -> dict[str, Any]:
    """Return answers as people type them, right and wrong ones."""
    some = chance.sample(["coal", "wood", "electric", "gas", "air"], chance.randrange(3))
    room = [
        {
            "room_use": chance.choice(["", "bedroom", "hall"]),
            "beds": chance.choice(["", "0", "2", "１２", "99", "x"]),
        }
        for _number in range(chance.randrange(3))
    ]
    return {
        "ways": some,
        "vented": chance.choice(["", "yes", "no"]),
        "swept_on": chance.choice(["", "2025-10-18", "2027-01-01"]),
        "alarm": chance.choice(["", "yes"]),
        "elders": chance.choice(["", "3", "21", "-1", "1.5"]),
        "room": room,
        "risks": chance.sample(["pipe", "fuel"], chance.randrange(3)),
        "picture": "",
        "advice": chance.choice(["", "说明"]),
    }


def table() -> dict[str, Any]:
    """Return what the file holds."""
    chance = random.Random(11)
    rows = []
    for raw in [{}, *FILLED, *(_drawn(chance) for _number in range(120))]:
        filled = fill(HEATING, raw, today=TODAY)
        rows.append(
            {
                "raw": raw,
                "relevant": sorted(path for path, is_asked in filled.relevant.items() if is_asked),
                "problems": sorted(filled.problems),
                "values": {path: text_of(value) for path, value in sorted(filled.values.items())},
            }
        )
    form = {
        "version": "1",
        "key": HEATING.key,
        "number": 1,
        "division": "520502",
        **for_browser(HEATING, "zh"),
    }
    return {"today": TODAY.isoformat(), "form": form, "rows": rows}


if __name__ == "__main__":
    django.setup()
    TABLE.write_text(json.dumps(table(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
