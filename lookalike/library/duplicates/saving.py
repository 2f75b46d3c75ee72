"""Which of some files lost the least by being saved, be it as they are or before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lookalike.library.duplicates.option import Option
from lookalike.matching.jpeg_quality import jpeg_quality

__all__ = ["JPEG", "LOSSLESS", "least_lost", "without_loss"]

LOSSLESS: Final = frozenset({"PNG", "TIFF", "BMP", "GIF", "RAW"})
"""Formats that keep what they are given."""

JPEG: Final = frozenset({"JPEG", "MPO"})
"""Formats whose quality their tables tell."""

_NOTHING_LOST = 101.0  # beside qualities of 1 to 100
_HEAD = 1 << 18  # bytes of a file that are read for its tables
_BELOW = 8  # points below that of its tables, of what a JPEG's own pixels show, to be believed
_ONCE, _WITHOUT, _TWICE = range(3)  # how near a file is to the JPEG that both come of


@dataclass(slots=True, eq=False)
class _Saved:
    """How one file was saved, by its tables, and then by its pixels."""

    option: Option
    stated: float  # quality
    lost: float  # the least quality that it was saved with, as far as is known
    is_seen: bool = False

    def look(self) -> None:
        """See what its pixels show of an earlier JPEG."""
        self.is_seen = True
        seen = self.option.traces()
        if seen is not None and seen < self.stated - (_BELOW if self.stated <= 100 else 0):
            self.lost = seen

    @property
    def nearness(self) -> int:
        """Of files that lost as much: what was a JPEG once, without loss since, with loss again."""
        if self.stated == _NOTHING_LOST:
            return _WITHOUT
        return _TWICE if self.lost < self.stated else _ONCE


def least_lost(left: Sequence[Option], points: float) -> tuple[list[Option], str] | None:
    """Those that lost the least, and why, in words; all where nothing tells them apart.

    A file without loss that was a JPEG before lost what that lost: its steps show in its pixels.
    So do those of a JPEG that was saved anew with a better quality. Only files that may be kept are
    decoded for it.

    Args:
        left: of which each is a JPEG, or without loss.
        points: of quality that are a reason.

    Returns:
        ``None`` where the tables of a JPEG can't be read.
    """
    lossless = {one.pixels for one in left if one.picture.format in LOSSLESS}
    files: list[_Saved] = []
    for one in left:
        # What shows the same to the last bit as a file without loss has lost nothing since.
        known = _NOTHING_LOST if one.pixels in lossless else _stated(one)
        if known is None:
            return None
        files.append(_Saved(one, known, known))
    while True:
        sure = max((file.lost for file in files if file.is_seen), default=0.0)
        unsure = [f for f in files if not f.is_seen and f.lost + points > sure]
        if not unsure:
            break
        max(unsure, key=lambda file: file.lost).look()
    most = max(file.lost for file in files)
    kept = [file for file in files if file.lost + points > most]
    if len(kept) < len(files):
        return [file.option for file in kept], _why(kept, files)
    nearest = min(file.nearness for file in files)
    if most == _NOTHING_LOST or all(file.nearness == nearest for file in files):
        return list(left), ""
    kept = [file for file in files if file.nearness == nearest]
    if nearest == _ONCE:
        return [file.option for file in kept], "the JPEG itself, not what was saved from one"
    return [file.option for file in kept], "was a JPEG once, not twice"


def _why(kept: Sequence[_Saved], files: Sequence[_Saved]) -> str:
    best = max(kept, key=lambda file: file.lost)
    if best.lost == _NOTHING_LOST:
        return without_loss([file.option for file in kept])
    worse = [file for file in files if file not in kept and file.stated >= best.stated]
    if not worse:
        return f"less compressed: JPEG of quality {best.lost:.0f}"
    other = min(worse, key=lambda file: file.lost)
    named = other.option.picture.format
    return (
        f"less compressed: JPEG of quality {best.lost:.0f}; the {named} was one of {other.lost:.0f}"
    )


def without_loss(kept: Sequence[Option]) -> str:
    """Why files are kept that lost nothing, or show the same as such."""
    name = next(one.picture.format for one in kept if one.picture.format in LOSSLESS)
    same = any(one.picture.format not in LOSSLESS for one in kept)
    also = ", or the same pixels" if same else ""
    return f"{name}, compressed without loss{also}"


def _stated(option: Option) -> float | None:
    """The quality that the tables of a JPEG tell."""
    try:
        with open(option.picture.path, "rb") as file:
            return jpeg_quality(file.read(_HEAD))
    except OSError:
        return None
