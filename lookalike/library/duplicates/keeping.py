"""Which picture of a group to keep, by rules, and why, in words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lookalike.library.duplicates.option import Option
from lookalike.library.duplicates.rules import RuleName, Rules
from lookalike.library.duplicates.saving import JPEG, LOSSLESS, least_lost, without_loss
from lookalike.library.records import PictureInfo
from lookalike.match import NamedEdit, Side
from lookalike.sources.folders import is_under

__all__ = ["Choice", "Step", "choose", "derived"]

_COPY = re.compile(r"\(\d+\)$|[-_ ](copy|kopie|copie|copia)( ?\d+)?$|^copy of |^kopie von ", re.I)
_ADDED: Final = frozenset({"overlay", "border", "screenshot"})
_TONES: Final = frozenset({"brightness", "contrast", "colour"})
_NOISY = 8.0  # levels: beside what strong compression has smoothed, every original has as much
_MANY = 16  # names of files that are told of


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that left something out.

    Attributes:
        rule: its name.
        why: in words.
        left: pictures that stayed.
    """

    rule: RuleName
    why: str
    left: int


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What is kept of a group, and the rules that decided."""

    option: Option
    steps: tuple[Step, ...]

    @property
    def why(self) -> str:
        """In words."""
        return "; ".join(step.why for step in self.steps)


def choose(options: Sequence[Option], rules: Rules) -> Choice:
    """The picture to keep: rule after rule leaves out what is worse, until one is left.

    Args:
        options: at least one; their order doesn't matter.
        rules: that decide.
    """
    left = sorted(options, key=lambda one: (os.fsencode(one.picture.path), one.picture.member))
    steps: list[Step] = []
    for name in rules.order:
        if len(left) == 1:
            break
        kept, why = _RULES[name](left, rules)
        if len(kept) < len(left):
            left = kept
            steps.append(Step(name, why, len(kept)))
    return Choice(left[0], tuple(steps))


def derived(edits: Iterable[NamedEdit]) -> Side | None:
    """Which of two pictures came of the other one, by the edits that tell; ``None`` for neither.

    What was put around a picture, or over it, outweighs all else: noise that a small preview seems
    to have takes nothing back. Of pictures of two sizes the larger one is sharper and noisier by
    itself.
    """
    every = list(edits)
    added: set[Side] = {e.of for e in every if e.name in _ADDED and e.of is not None}
    if added:
        return added.pop() if len(added) == 1 else None
    same_size = all(edit.name not in ("resize", "stretch") for edit in every)
    sides: set[Side] = set()
    for edit in every:
        if edit.of is not None and (edit.name == "grey" or (edit.name in _TONES and same_size)):
            sides.add(edit.of)
        elif edit.name == "noise" and abs(edit.amount or 0) < _NOISY:
            continue
        elif edit.name in ("blur", "noise") and edit.amount and same_size:
            sides.add("query" if edit.amount > 0 else "hit")
    return sides.pop() if len(sides) == 1 else None


_Kept = tuple[list[Option], str]


def _best(left: list[Option], score: Callable[[Option], float], factor: float) -> list[Option]:
    """Those whose score is the best, or not so many times less."""
    most = max(map(score, left))
    return [one for one in left if score(one) * factor >= most]


def _by_folder(left: list[Option], rules: Rules) -> _Kept:
    def place(one: Option) -> int:
        path = one.picture.path
        for number, folder in enumerate(rules.prefer):
            if is_under(path, folder):
                return number
        return len(rules.prefer) + any(is_under(path, folder) for folder in rules.avoid)

    least = min(map(place, left))
    preferred = least < len(rules.prefer)
    why = f"in {rules.prefer[least]}" if preferred else "in no folder to be avoided"
    return [one for one in left if place(one) == least], why


def _by_wholeness(left: list[Option], rules: Rules) -> _Kept:
    most = max(one.held for one in left)
    return [one for one in left if one.held == most], f"all {most:,} pictures of the file"


def _by_source(left: list[Option], rules: Rules) -> _Kept:
    sources = [one for one in left if not one.is_edited]
    return sources or left, "not the edited one"


def _by_pixels(left: list[Option], rules: Rules) -> _Kept:
    kept = _best(left, lambda one: one.picture.width * one.picture.height, rules.pixels_factor)
    best = kept[0].picture
    others = {f"{o.picture.width} x {o.picture.height}" for o in left if o not in kept}
    beside = others.pop() if len(others) == 1 else "fewer"
    return kept, f"more pixels: {best.width} x {best.height}, not {beside}"


def _by_most(left: list[Option], rules: Rules) -> _Kept:
    usual = [one for one in left if not one.is_odd]
    return usual or left, "lies and is lit as most of the group"


def _by_quality(left: list[Option], rules: Rules) -> _Kept:
    if len({one.pixels for one in left}) == 1:
        return left, ""
    if len(left) <= _MANY and all(one.picture.format in LOSSLESS | JPEG for one in left):
        found = least_lost(left, rules.quality_points)
        if found is not None:
            return found
    lossless = {one.pixels for one in left if one.picture.format in LOSSLESS}
    # What shows the same to the last bit as a file without loss has lost nothing either.
    kept = [one for one in left if one.pixels in lossless]
    if kept and len(left) <= _MANY and all(one.traces() is None for one in kept):
        return kept, without_loss(kept)
    if len({one.picture.format for one in left}) == 1 and not lossless:
        kept = _best(left, lambda one: _bytes_a_pixel(one.picture), rules.quality_factor)
        return kept, "less compressed: more bytes a pixel"
    return left, ""


def _bytes_a_pixel(picture: PictureInfo) -> float:
    return picture.file_bytes / (picture.width * picture.height)


def _by_format(left: list[Option], rules: Rules) -> _Kept:
    if len({one.pixels for one in left}) > 1:
        return left, ""

    def place(one: Option) -> int:
        known = one.picture.format in rules.formats
        return rules.formats.index(one.picture.format) if known else len(rules.formats)

    least = min(map(place, left))
    kept = [one for one in left if place(one) == least]
    return kept, f"{kept[0].picture.format}, the original format"


def _by_exif(left: list[Option], rules: Rules) -> _Kept:
    def said(one: Option) -> int:
        shot = one.shot
        if shot is None:
            return 0
        facts = (shot.taken, shot.camera, shot.lens, shot.latitude)
        return sum(fact not in (None, "") for fact in facts)

    most = max(map(said, left))
    return [one for one in left if said(one) == most], "says more of how it was taken"


def _by_age(left: list[Option], rules: Rules) -> _Kept:
    first = min(one.picture.mtime_ns for one in left)
    last = first + rules.older_seconds * 1e9
    return [one for one in left if one.picture.mtime_ns <= last], "the older file"


def _by_name(left: list[Option], rules: Rules) -> _Kept:
    plain = [one for one in left if not _COPY.search(_stem(one.picture.path))]
    if plain and len(plain) < len(left):
        return plain, "not named as a copy"
    shortest = min(len(one.picture.path) for one in left)
    kept = [one for one in left if len(one.picture.path) == shortest]
    if len(kept) < len(left):
        return kept, "the shorter path"
    return left[:1], "the first by its path"


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


_RULES: Final[dict[RuleName, Callable[[list[Option], Rules], _Kept]]] = {
    "folder": _by_folder,
    "whole": _by_wholeness,
    "source": _by_source,
    "pixels": _by_pixels,
    "most": _by_most,
    "quality": _by_quality,
    "format": _by_format,
    "exif": _by_exif,
    "older": _by_age,
    "name": _by_name,
}
