"""Comparing a ledger with the register: 50,000 rows from a text file to verdicts."""

import csv
import io
import resource
import time
from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone

from bench.measuring import Measurement
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.intake.pipeline import read_batch, receive_file, stage_batch
from xiaoyuan.lib.id_number import SAMPLE_AREA, check_character
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.choices import DivisionLevel, DivisionOrigin
from xiaoyuan.register.models import Division

ROWS = 50_000
VILLAGE_ROWS = 2_500
COUNTY, TOWN = "990009", "990009100"
HEADINGS = (
    "户号", "区划代码", "姓名", "性别", "身份证号", "与户主关系", "民族", "文化程度", "联系电话", "是否常住", "组别",
    "务工地点", "务工时间", "住房面积", "备注",
)  # fmt: skip


def _village(at: int) -> str:
    return f"{TOWN}{at // VILLAGE_ROWS + 1:03}"


def _make_divisions() -> None:
    levels = (
        ("99", DivisionLevel.PROVINCE),
        ("9900", DivisionLevel.CITY),
        (COUNTY, DivisionLevel.COUNTY),
        (TOWN, DivisionLevel.TOWNSHIP),
        *((_village(at), DivisionLevel.VILLAGE) for at in range(0, ROWS, VILLAGE_ROWS)),
    )
    parents: dict[DivisionLevel, Division] = {}
    above = None
    for code, level in levels:
        parent = parents.get(DivisionLevel.TOWNSHIP) if level == DivisionLevel.VILLAGE else above
        above = parents[level] = Division.objects.create(
            code=code, name=f"Bench {code}", level=level, parent=parent, origin=DivisionOrigin.NATIONAL
        )


def _ledger() -> bytes:
    """Invented people: four a household, each number once."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(HEADINGS)
    for at in range(ROWS):
        member = at % 4
        is_male = member != 1
        born = date(1950 if member < 2 else 2000, 1, 1) + timedelta(days=at % 8000)
        first17 = f"{SAMPLE_AREA}{born:%Y%m%d}{2 * (at // 8000 + 50 * member) + is_male:03}"
        rows.writerow([
            f"{at // 4:06}", _village(at), f"张{chr(0x4E00 + at % 9000)}", "男" if is_male else "女",
            first17 + check_character(first17), ("户主", "配偶", "子", "子")[member], "汉族", "小学",
            f"100{at:08}", "是", "一组", "浙江宁波" if member < 2 else "", 10 if member < 2 else "",
            120 if member == 0 else "", "样例",
        ])  # fmt: skip
    return written.getvalue().encode()


def measure() -> Iterator[Measurement]:
    """Receive, read and compare a ledger of 15 columns; seconds and memory of this process."""
    _make_divisions()
    county = ensure_county(COUNTY)
    now = timezone.now()
    started = time.perf_counter()
    batch = receive_file(
        source=io.BytesIO(_ledger()), file_name="bench.csv", county_id=county.pk, division_code=COUNTY,
        is_sample=True, actor=SYSTEM, now=now,
    )  # fmt: skip
    read_batch(batch.pk)
    batch = stage_batch(batch.pk)
    seconds = time.perf_counter() - started
    assert batch.counts == {"new": ROWS}, batch.counts
    yield Measurement("intake: 50,000 rows x 15 columns staged", seconds, "s", 6.7, higher_is_better=False)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Measurement("intake: memory of staging them", megabytes, "MB", 221, higher_is_better=False)
