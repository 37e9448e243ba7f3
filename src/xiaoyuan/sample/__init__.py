"""The sample town: an invented landscape with invented people, written as the files that users import."""

from xiaoyuan.sample.generation import DEFAULT_SEED, SampleReport, VillageCounts, generate

__all__ = ["DEFAULT_SEED", "SampleReport", "VillageCounts", "generate"]
