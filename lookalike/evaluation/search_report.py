"""What a benchmark of searches is asked, and what it reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from lookalike.errors import UsageError
from lookalike.evaluation.machine import describe_machine, versions

__all__ = ["REFERENCE", "Measured", "Plan", "Report", "Skipped", "as_json"]

REFERENCE = "scan"
"""The contender that ratios refer to."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure.

    Attributes:
        k: neighbours of a query; not used for a radius.
        radius: in bits; searches by k if ``None``.
        runs: repetitions after the warm-up, whose median counts.
        threads: of every contender that has threads.
        singles: queries that are also asked one by one.
        budget: seconds for building, and again for searching, of one contender.
        sweep: whether contenders with a knob are measured at all its settings.
    """

    k: int = 10
    radius: int | None = None
    runs: int = 5
    threads: int = 2
    singles: int = 100
    budget: float = 60.0
    sweep: bool = False

    @property
    def asked(self) -> str:
        """Such as ``k = 10`` and ``within 31 bits``."""
        return f"k = {self.k}" if self.radius is None else f"within {self.radius} bits"

    def __post_init__(self) -> None:
        for name in ("k", "runs", "threads", "singles"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.radius is not None and self.radius < 0:
            raise UsageError(f"a radius is at least 0 bits, not {self.radius}")
        if not self.budget > 0:
            raise UsageError(f"a budget is above 0 seconds, not {self.budget}")


@dataclass(frozen=True, slots=True)
class Measured:
    """One contender at one setting. Times are microseconds a query.

    Attributes:
        name: of the contender.
        package: the distribution that it comes from.
        setting: such as ``efSearch=64``, or empty.
        usual: whether this is the setting that ratios are about.
        build_seconds: from codes to ready.
        bytes_per_code: of the index with its codes, ``None`` where it can't be told.
        single_us: median over the runs, asked one by one.
        batch_us: median over the runs, asked all at once.
        single_runs_us: of each run.
        batch_runs_us: of each run.
        recall: see :class:`~lookalike.evaluation.ground_truth.Answer`.
        exact: whether every answer was the true one.
        rejected: rows that came twice or don't exist.
        queries: of the batch; fewer than asked for where all of them would exceed the budget.
        note: what else to know, or empty.
    """

    name: str
    package: str
    setting: str
    usual: bool
    build_seconds: float
    bytes_per_code: float | None
    single_us: float
    batch_us: float
    single_runs_us: list[float]
    batch_runs_us: list[float]
    recall: float
    exact: bool
    rejected: int
    queries: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A contender that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run measured; :func:`as_json` makes a dictionary of it."""

    codes: str
    description: str
    size: int
    bits: int
    queries: int
    plan: Plan
    truth: str
    methods: list[Measured] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def ratios(self) -> dict[str, dict[str, float]]:
        """How many times the scan's time each other contender took, for batches and single ones."""
        usual = {method.name: method for method in self.methods if method.usual}
        scan = usual.get(REFERENCE)
        if scan is None:
            return {"batch": {}, "single": {}}
        others = [method for method in usual.values() if method is not scan]
        return {
            "batch": {method.name: method.batch_us / scan.batch_us for method in others},
            "single": {method.name: method.single_us / scan.single_us for method in others},
        }


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON takes it."""
    plan = report.plan
    asked = {"k": plan.k} if plan.radius is None else {"radius": plan.radius}
    methods = [asdict(method) for method in report.methods]
    return {
        "size": report.size,
        "bits": report.bits,
        **asked,
        "methods": methods,
        "ratios": report.ratios(),
        "reference": REFERENCE,
        "skipped": [asdict(skipped) for skipped in report.skipped],
        "codes": report.codes,
        "description": report.description,
        "queries": report.queries,
        "runs": plan.runs,
        "threads": plan.threads,
        "truth": report.truth,
        "machine": describe_machine(),
        "versions": versions(method.package for method in report.methods),
    }
