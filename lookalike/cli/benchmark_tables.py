"""What ``lookalike benchmark search`` prints for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from lookalike.cli.output import table

if TYPE_CHECKING:
    from lookalike.evaluation.search_report import Report

__all__ = ["print_report", "print_winners"]

_NEARLY_ALL = 0.95  # recall from which an approximate contender may win


def print_report(report: Report) -> None:
    """Print what was measured of one database and one kind of question."""
    plan = report.plan
    click.echo(f"\n{report.description}")
    click.echo(
        f"{plan.asked}, {report.queries:,} queries, {plan.threads} threads, "
        f"medians of {plan.runs} runs; {_machine()}\n"
    )
    ratios = report.ratios()["batch"]
    rows = [("", "build s", "bytes/code", "single us", "batch us", "recall", "batch / scan")]
    for method in report.methods:
        size = "?" if method.bytes_per_code is None else f"{method.bytes_per_code:,.1f}"
        ratio = f"{ratios[method.name]:,.1f}" if method.usual and method.name in ratios else ""
        rows.append(
            (
                f"{method.name} {method.setting}".rstrip(),
                f"{method.build_seconds:,.2f}",
                size,
                f"{method.single_us:,.1f}",
                f"{method.batch_us:,.1f}",
                "exact" if method.exact else f"{method.recall:.4f}",
                ratio,
            )
        )
    for line in table(rows, right=range(1, 7)):
        click.echo(line.rstrip())
    for method in report.methods:
        if method.note:
            click.echo(f"{method.name} searches other data: {method.note}.")
        if method.rejected:
            click.echo(f"{method.name}: {method.rejected:,} rows came twice or don't exist.")
        if method.queries < report.queries:
            click.echo(f"{method.name}: {method.queries:,} queries only, for the budget.")
    for skipped in report.skipped:
        click.echo(f"{skipped.name}: left out, {skipped.reason}.")


def print_winners(reports: Sequence[Report]) -> None:
    """Print, for each database and question, who answers a batch soonest."""
    rows = [("codes", "asked", "scan us", "multihash us", "multihash gains", "soonest")]
    for report in reports:
        usual = {method.name: method for method in report.methods if method.usual}
        good = [method for method in report.methods if method.recall >= _NEARLY_ALL]
        scan, hashing = usual.get("scan"), usual.get("multihash")
        first = min(good, key=lambda method: method.batch_us, default=None)
        rows.append(
            (
                f"{report.size:,} x {report.bits} {report.codes}",
                report.plan.asked,
                "" if scan is None else f"{scan.batch_us:,.1f}",
                "" if hashing is None else f"{hashing.batch_us:,.1f}",
                ""
                if scan is None or hashing is None
                else f"{scan.batch_us / hashing.batch_us:,.2f}",
                "" if first is None else f"{first.name} {first.setting}".rstrip(),
            )
        )
    click.echo(f"\nSoonest in batches, of those with a recall of at least {_NEARLY_ALL}:\n")
    for line in table(rows, right=(0, 2, 3, 4)):
        click.echo(line.rstrip())


def _machine() -> str:
    from lookalike.evaluation.machine import describe_machine

    found: dict[str, Any] = describe_machine()
    return f"{found['processor']} ({found['target']}), {found['processors']} processors"
