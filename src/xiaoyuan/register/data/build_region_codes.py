"""Packs the county codes by year into region_codes.csv.gz; run by hand when the lists change.

    python src/xiaoyuan/register/data/build_region_codes.py FOLDER

FOLDER holds region_code_timeline.csv (code,name,start_year,end_year) and bijie_region_code_history.csv
(code,name,from,until). The current codes of Guizhou come from guizhou_divisions.csv.gz beside this file.
"""

import csv
import gzip
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

Years = tuple[int, int]
"""First and last year of a code; 0 where the lists do not say."""
NOT_SAID: Final = -1


def spans(folder: Path) -> Iterator[tuple[str, Years]]:
    """Yield the years of each code of six digits from all lists, one span a line of the lists."""
    with (folder / "region_code_timeline.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield row["code"], (int(row["start_year"] or 0), int(row["end_year"] or 0))
    with (folder / "bijie_region_code_history.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            # This list names the year in which the next code came into force.
            yield row["code"], (int(row["from"] or 0), int(row["until"] or 0))
    with gzip.open(Path(__file__).with_name("guizhou_divisions.csv.gz"), "rt", encoding="utf-8") as lines:
        known: set[str] = set()
        for row in csv.DictReader(lines):
            code = row["code"][:6].ljust(6, "0")
            if code not in known:
                known.add(code)
                yield code, (NOT_SAID, 0)  # in force when the list was made, since when is not said


def pack(folder: Path, target: Path) -> int:
    """Write code, first and last year of every code; returns how many. Repeatable to the byte."""
    merged: dict[str, Years] = {}
    for code, (first, last) in spans(folder):
        if first == NOT_SAID:
            merged.setdefault(code, (0, 0))
            continue
        known = merged.get(code)
        if known is not None:
            # A code that only changed its name stays in force: the years run from the first to the last name.
            first = 0 if 0 in (first, known[0]) else min(first, known[0])
            last = 0 if 0 in (last, known[1]) else max(last, known[1])
        merged[code] = (first, last)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("code", "first_year", "last_year"))
    for code, years in sorted(merged.items()):
        writer.writerow((code, *(year or "" for year in years)))
    target.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))
    return len(merged)


if __name__ == "__main__":
    packed = pack(Path(sys.argv[1]), Path(__file__).with_name("region_codes.csv.gz"))
    sys.stdout.write(f"{packed} codes\n")
