"""Packs Guizhou's four division lists into guizhou_divisions.csv.gz; run by hand when the lists change.

    python src/xiaoyuan/register/data/build_guizhou_divisions.py FOLDER

FOLDER holds guizhou_cities.csv, guizhou_counties.csv, guizhou_towns.csv and guizhou_villages.csv.
"""

import csv
import gzip
import io
import sys
from pathlib import Path

LISTS = ("cities", "counties", "towns", "villages")


def pack(folder: Path, target: Path) -> int:
    """Write code and name of every division, widest level first; returns how many. Repeatable to the byte."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("code", "name"))
    count = 0
    for name in LISTS:
        with (folder / f"guizhou_{name}.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                writer.writerow((row["code"], row["name"]))
                count += 1
    target.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))
    return count


if __name__ == "__main__":
    packed = pack(Path(sys.argv[1]), Path(__file__).with_name("guizhou_divisions.csv.gz"))
    sys.stdout.write(f"{packed} divisions\n")
