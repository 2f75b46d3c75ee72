"""What to do about what a library's test of itself found out, in words."""

from __future__ import annotations

from collections.abc import Iterable

from lookalike.evaluation.sampled_library import Facts
from lookalike.evaluation.selftest_report import (
    FEW_SEEN,
    CalibrationPoint,
    EditOutcome,
    SelfTest,
)

__all__ = ["advice"]

# Shares of searches: below the first, people notice that something isn't found.
_GOOD = 0.9
_POOR = 0.7
_ENOUGH = 40  # searches: of fewer, a share says little
_SOME_FLAT = 0.1  # of the sampled pictures
_FACTOR = 2.0  # within which a predicted chance is right
_CUTS = ("crop-70", "crop-50", "crop-30", "crop-aspect", "mirror-crop")
_HOLDING = ("collage-4", "screenshot", "meme")
_COPIES = ("jpeg-20", "half-size", "brightness", "border-20", "text", "grey", "mirror", "rotate-90")


def advice(found: SelfTest, facts: Facts) -> tuple[str, ...]:
    """Sentences, the most urgent first; one that says so where there is nothing to do.

    Args:
        found: what the test found out.
        facts: what is known of the library without it.
    """
    told = [
        *_index(found),
        *_codes(facts),
        *_absent(facts),
        *_recall(found, facts),
        *_flat(found),
        *_calibration(found.calibration),
        *_suspects(found),
        *_unread(found, facts),
    ]
    return tuple(told) or ("Nothing to do: copies are found, and nothing else is taken for one.",)


def _index(found: SelfTest) -> Iterable[str]:
    for one in found.exact:
        if one.says_exact and one.equal < one.queries:
            yield (
                f"The index of {one.code} gave other answers than a comparison with every code in"
                f" {one.queries - one.equal} of {one.queries} searches: run 'lookalike"
                " check-library --repair'."
            )


def _codes(facts: Facts) -> Iterable[str]:
    for code in facts.status.codes:
        if code.stale:
            yield (
                f"{code.stale:,} pictures have '{code.name}' codes of another version: run"
                " 'lookalike reindex'."
            )


def _absent(facts: Facts) -> Iterable[str]:
    away = [folder for folder in facts.status.folders if not folder.online or folder.note]
    if away:
        names = ", ".join(folder.path for folder in away[:3])
        more = f" and {len(away) - 3} more" if len(away) > 3 else ""
        yield (
            f"Not all can be reached of {names}{more}: plug in what is missing, and test again"
            " for its pictures."
        )
    elif facts.absent:
        yield (
            f"{facts.absent:,} of {facts.drawn:,} drawn pictures are gone from their folders: run"
            " 'lookalike index'."
        )


def _recall(found: SelfTest, facts: Facts) -> Iterable[str]:
    cuts = _share(found.edits, _CUTS)
    if cuts is not None and cuts < _GOOD:
        if not facts.parts:
            yield (
                f"Of cut pictures {cuts:.0%} find their original first: 'lookalike index --parts'"
                " makes codes of parts, so that more do; it takes ten times as long per picture."
            )
        else:
            yield (
                f"Of cut pictures {cuts:.0%} find their original first, although parts have codes:"
                " a stronger model may help, see 'lookalike reindex --model hub:OWNER/NAME'."
            )
    held = _share(found.edits, _HOLDING, reverse=True)
    if held is not None and held < _GOOD and not facts.parts:
        yield (
            f"Asked with an original, {held:.0%} of the collages and screenshots that show it come"
            " first: 'lookalike index --parts' makes codes of parts, so that more do."
        )
    copies = _share(found.edits, _COPIES)
    if copies is not None and copies < _GOOD:
        yield (
            f"Of plain copies (smaller, recompressed, turned and so on) {copies:.0%} find their"
            " original first, and nearly all should: look at 'lookalike status', and at the"
            " pictures, which may be flat or nearly the same."
        )
    rest = [name for name in found.edits if name not in (*_CUTS, *_COPIES)]
    others = _share(found.edits, rest)
    if others is not None and others < _POOR:
        yield (
            f"Of strongly edited copies {others:.0%} find their original first: a stronger model"
            " may help, see 'lookalike reindex --model hub:OWNER/NAME'."
        )


def _flat(found: SelfTest) -> Iterable[str]:
    if not found.sampled or found.flat < _SOME_FLAT * found.sampled or not found.flat_missed:
        return
    yield (
        f"{found.flat:,} of {found.sampled:,} sampled pictures are flat, such as pages or skies:"
        " their copies are told apart by little"
        f" ({found.flat_missed:,} of {found.flat_asked:,} were missed)."
    )


def _calibration(points: Iterable[CalibrationPoint]) -> Iterable[str]:
    wrong = [
        point
        for point in points
        if point.predicted > 0
        and not 1 / _FACTOR <= point.observed / point.predicted <= _FACTOR
        and point.observed * point.queries >= FEW_SEEN
    ]
    for code in sorted({point.code for point in wrong}):
        worst = max(
            (point for point in wrong if point.code == code),
            key=lambda point: abs(point.observed - point.predicted) / point.predicted,
        )
        yield (
            f"At {worst.distance} bits of {code}, {worst.observed:.2g} chance hits a search were"
            f" seen where {worst.predicted:.2g} are expected: run 'lookalike index', which"
            " estimates them anew as the library grows, or don't rely on a limit by chance."
        )


def _suspects(found: SelfTest) -> Iterable[str]:
    number = len(found.false_alarms.suspects)
    if number:
        verb, them = ("was", "it") if number == 1 else ("were", "them")
        yield (
            f"{number:,} pair{'' if number == 1 else 's'} of pictures {verb} called edited copies,"
            f" or parts, of each other: look at {them} with 'lookalike search'. They may be copies"
            " that nobody knew of, or false alarms."
        )


def _unread(found: SelfTest, facts: Facts) -> Iterable[str]:
    failed = sum(entry.status == "failed" for entry in facts.status.ledger)
    if failed:
        noun = "file" if failed == 1 else "files"
        yield f"{failed:,} {noun} couldn't be read: 'lookalike status' says which, and why."
    if found.left_out:
        yield (
            f"{len(found.left_out):,} drawn pictures couldn't be edited, the first because"
            f" {found.left_out[0][1]}."
        )


def _share(
    edits: dict[str, EditOutcome], names: Iterable[str], *, reverse: bool = False
) -> float | None:
    """Recall at 1 of some edits together, asked by the copy; or by the original.

    ``None`` where too few were asked to say anything.
    """
    chosen = [edits[name] for name in names if name in edits]
    ways = [one.by_original if reverse else one.by_copy for one in chosen]
    asked = sum(way.asked for way in ways)
    return sum(way.first for way in ways) / asked if asked >= _ENOUGH else None
