"""What ``lookalike evaluate`` prints for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lookalike.cli.output import counted, show_path, table

if TYPE_CHECKING:
    from lookalike.evaluation.figures import Details, Evaluation, Seen
    from lookalike.evaluation.published import Published

__all__ = ["published_lines", "report_lines"]

_USUAL = "2"  # bits; so many codes can be looked up in a table


def report_lines(evaluation: Evaluation, details: Details) -> Iterator[str]:
    """The figures for people."""
    what = "real features, by cosine" if evaluation.bits is None else f"{evaluation.bits} bits"
    what += ", in the order of a search" if evaluation.by == "search" else ""
    yield (
        f"{evaluation.model} ({what}), {show_path(evaluation.data)} by {evaluation.protocol}: "
        f"{evaluation.queries:,} queries in {evaluation.database:,} pictures"
    )
    if evaluation.seen is not None:
        yield from _seen(evaluation, evaluation.seen)
    yield ""
    rows = [("mean average precision", _share(evaluation.map))]
    seen = evaluation.seen
    if seen is not None and seen.map is not None and (seen.queries or seen.near):
        rows.append(("... over the unseen queries alone", _share(seen.map)))
    worst, best = evaluation.map_bounds
    if round(best - worst, 4):
        rows.append(("... in the worst order of ties", _share(worst)))
        rows.append(("... in the best order of ties", _share(best)))
    rows.append(("ANMRR (0 is best)", _share(details.anmrr)))
    rows.append(("different codes", _percent(evaluation.unique_codes)))
    if evaluation.collisions is not None:
        rows.append(("codes that another class has, too", _percent(evaluation.collisions)))
    if details.balance is not None and details.correlation is not None:
        least, most = details.balance.min(), details.balance.max()
        rows.append(("codes that have a bit set", f"{100 * least:.0f} to {100 * most:.0f} %"))
        rows.append(("correlation of two bits", _share(details.correlation)))
    rows.append((f"seconds for the {details.k} nearest of all", f"{evaluation.seconds:.3f}"))
    yield from table(rows)
    yield ""
    yield from table(list(_ranks(evaluation)), right=range(5))
    if evaluation.precision_within:
        yield ""
        yield from table(list(_radii(evaluation)), right=range(3))
    yield ""
    yield from table(
        [
            ("class", f"precision at {details.k}", "mean average precision"),
            *(
                (show_path(name), _share(value), _share(evaluation.class_map[name]))
                for name, value in evaluation.class_precision.items()
            ),
        ]
    )
    if evaluation.stages:
        yield ""
        yield "mean average precision while the database grows, and no code is made again:"
        yield from table(list(_stages(evaluation)), right=range(6))


def published_lines(others: Sequence[Published]) -> Iterator[str]:
    """Figures of others whose data, sizes and width are the same."""
    if not others:
        return
    yield ""
    yield from table(
        [
            ("published, for the same sizes and width", "backbone", "mAP"),
            *((entry.method, entry.backbone, f"{entry.map:.3f}") for entry in others),
        ]
    )
    for source in sorted({entry.source for entry in others}):
        yield f"read in {source}"


def _ranks(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    """A row for each rank."""
    yield "at", "precision", "recall", "mean average precision", "codes tied there"
    for at, value in evaluation.map_at.items():
        there = at in evaluation.precision_at
        yield (
            at,
            _share(evaluation.precision_at[at]) if there else "",
            _share(evaluation.recall_at[at]) if there else "",
            _share(value),
            f"{evaluation.tied_at[at]:,.1f}" if there else "",
        )


def _stages(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    """A row for each stage of a database that grows."""
    yield "classes", "pictures", "queries", "of all", "of learned classes", "of added ones", "added"
    for stage in evaluation.stages:
        yield (
            f"{stage.classes:,}",
            f"{stage.database:,}",
            f"{stage.queries:,}",
            _share(stage.map),
            _share(stage.map_learned),
            "" if stage.map_added is None else _share(stage.map_added),
            "" if stage.added is None else show_path(stage.added),
        )


def _radii(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    """A row for each radius within which a query finds any code, and for the usual one."""
    yield "within", "precision", "queries that find any"
    for radius, value in evaluation.precision_within.items():
        if not evaluation.found_within[radius] and radius != _USUAL:
            continue
        found = _percent(evaluation.found_within[radius])
        yield f"{counted(int(radius), 'bit')}", _share(value), found


def _seen(evaluation: Evaluation, seen: Seen) -> Iterator[str]:
    """What the model had seen of what it is measured by."""
    if evaluation.protocol == "thesis":
        if seen.queries:
            yield (
                f"by this protocol {seen.queries:,} pictures that the model learned from count as "
                "queries and as hits"
            )
        return
    found = (
        (seen.queries, f"of the queries the model learned from {seen.queries:,}"),
        (seen.near, f"{seen.near:,} are near copies of pictures that it learned from"),
        (seen.database, f"it learned from {seen.database:,} pictures of the database, or copies"),
    )
    told = [words for count, words in found if count]
    if told:
        yield "; ".join(told)


def _share(value: float) -> str:
    return f"{value:.4f}"


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"
