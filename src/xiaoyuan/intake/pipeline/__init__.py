"""The way of a file: received, read, understood, compared, decided, written in one transaction, taken back.

Each step can be repeated: what was interrupted goes on, what was done is not done twice.
"""

from xiaoyuan.intake.pipeline.applying import apply_batch
from xiaoyuan.intake.pipeline.at_once import ImportReport, Outcome, import_at_once, preview
from xiaoyuan.intake.pipeline.deciding import decide
from xiaoyuan.intake.pipeline.mapping import confirm_mapping, heads_of, mapping_of, read_batch
from xiaoyuan.intake.pipeline.receiving import discard_batch, receive_file, remove_batch
from xiaoyuan.intake.pipeline.staging import stage_batch
from xiaoyuan.intake.pipeline.taking_back import roll_back_batch

__all__ = [
    "ImportReport",
    "Outcome",
    "apply_batch",
    "confirm_mapping",
    "decide",
    "discard_batch",
    "heads_of",
    "import_at_once",
    "mapping_of",
    "preview",
    "read_batch",
    "receive_file",
    "remove_batch",
    "roll_back_batch",
    "stage_batch",
]
