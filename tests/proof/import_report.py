"""Reads what `import-places` says of a file: layers as it prints them, reasons as it keeps them with the batch."""

import json
import re
from dataclasses import dataclass, field

from tests.proof.stage import Deployment


class NoReport(Exception):
    """A command that printed no table."""


@dataclass
class Layer:
    """One layer of a file: features read, rows taken over, features left out by reason."""

    read: int = 0
    taken: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


def read_report(stage: Deployment, output: str) -> dict[str, Layer]:
    """Return the layers of the last import, by what it printed and what the database kept of its reasons."""
    layers: dict[str, Layer] = {}
    for line in output.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("│").split("│")]
        # layer, table, read, new, changed, same, error, left out, repaired
        if len(cells) == 9 and _is_number(cells[2]):
            read, *taken = (int(cell.replace(",", "")) for cell in cells[2:6])
            layers[cells[0]] = Layer(read, sum(taken))
    if not layers:
        raise NoReport(f"import-places printed no table: {output[-300:]}")
    ((counts,),) = stage.rows("SELECT counts FROM intake_importbatch ORDER BY id DESC LIMIT 1")
    for name, reasons in json.loads(counts).get("left_out", {}).items():
        layers[name].left_out = reasons
    return layers


def kept_back(stage: Deployment, layer: str, reason: str) -> set[str]:
    """Return the objects of a layer that were not taken over for a reason, as the staged rows say."""
    rows = stage.rows(
        "SELECT cells, messages FROM intake_stagedrow WHERE verdict = 'error' AND sheet = ?", layer
    )
    return {
        json.loads(cells)["@id"]
        for cells, messages in rows
        if any(message["reason"] == reason for message in json.loads(messages))
    }


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[\d,]+", cell) is not None
