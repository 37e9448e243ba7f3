"""How a measurement is taken and what is said about it."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """A measured value beside the value that two busy cores reached when it was written."""

    name: str
    value: float
    unit: str
    reference: float
    higher_is_better: bool

    @property
    def ratio(self) -> float:
        """How much better (above 1) or worse (below 1) than the reference."""
        ratio = self.value / self.reference
        return ratio if self.higher_is_better else 1 / ratio

    def line(self) -> str:
        """One line of the report."""
        return f"{self.name:44} {self.value:12,.1f} {self.unit:14} x{self.ratio:.2f} of {self.reference:,.1f}"


def best_seconds(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of some runs: the others were disturbed."""
    fastest = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - started)
    return fastest


def rate(
    name: str, unit: str, amount: int, reference: float, work: Callable[[], object], times: int = 3
) -> Measurement:
    """Measure how many things a second `work` handles."""
    return Measurement(name, amount / best_seconds(work, times), unit, reference, higher_is_better=True)


def latency(name: str, reference_ms: float, work: Callable[[], object], times: int = 30) -> Measurement:
    """Measure milliseconds of one call."""
    return Measurement(name, best_seconds(work, times) * 1000, "ms", reference_ms, higher_is_better=False)
