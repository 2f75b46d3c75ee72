"""Which pictures a search or a listing is about: by folder, date, size, format; and by kind.

All but the kind holds of a picture before anything is searched: a search looks among what fits, so
that it finds as many hits as are wanted. The kind is known only when a hit is.
"""

from __future__ import annotations

import calendar
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, get_args

from lookalike.errors import UsageError
from lookalike.images.formats.registry import FORMATS, names_of
from lookalike.library.records import PictureInfo
from lookalike.shot import Shot
from lookalike.types import Kind

__all__ = ["Filter", "check_filter"]

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_PIXELS = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*MP", re.ASCII | re.IGNORECASE)
_SIDES = re.compile(r"(\d{1,7})\s*[xX\u00d7]\s*(\d{1,7})", re.ASCII)
_MOST = 100  # folders, formats


@dataclass(frozen=True, slots=True)
class Filter:
    """What pictures have to be; each that is left out lets all through.

    Attributes:
        under: absolute folders, in or below one of which a picture's file has to lie.
        taken: the first moment, and the one behind the last, by the clock of the camera, ISO 8601;
            a picture of which no date is known fits no range. An end that is ``None`` is open.
        pixels: it has to have at least.
        sides: the longer and the shorter side, in pixels, that it has to have at least.
        formats: names of Pillow's, one of which its format has to be.
        kinds: one of which a hit has to be; of listings it says nothing.
    """

    under: tuple[str, ...] = ()
    taken: tuple[str | None, str | None] | None = None
    pixels: int = 0
    sides: tuple[int, int] = (0, 0)
    formats: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()

    @classmethod
    def parse(
        cls,
        *,
        under: Iterable[str | os.PathLike[str]] = (),
        taken: str | None = None,
        larger: str | None = None,
        formats: str | None = None,
        kinds: str | None = None,
    ) -> Self:
        """A filter as people write it.

        Args:
            under: folders; they need not be there now.
            taken: ``2019``, ``2019-06``, ``2019-06-01``, or a range of these such as
                ``2019..2021-06``, whose ends belong to it; one end may be left out.
            larger: ``2MP`` for megapixels, or ``1920x1080`` for both sides, however it is turned.
            formats: such as ``jpeg,heic``.
            kinds: such as ``edited,part``.

        Raises:
            UsageError: something can't be understood; one line says what.
        """
        pixels, sides = (0, (0, 0)) if larger is None else _size(larger)
        return cls(
            _folders(under),
            None if taken is None else _range(taken),
            pixels,
            sides,
            () if formats is None else _formats(formats),
            () if kinds is None else _kinds(kinds),
        )

    @property
    def narrows(self) -> bool:
        """Whether anything is asked of pictures themselves, and not of hits alone."""
        return bool(self.under or self.taken or self.pixels or any(self.sides) or self.formats)

    def __bool__(self) -> bool:
        """Whether anything is left out at all."""
        return self.narrows or bool(self.kinds)

    def fits(self, picture: PictureInfo, shot: Shot | None) -> bool:
        """Whether a picture is what it has to be, as far as nobody has to look at it.

        Args:
            picture: as its library knows it.
            shot: how it was taken; ``None`` where its file says nothing.
        """
        return (
            self.fits_path(picture.path)
            and self.fits_size(picture.width, picture.height)
            and self.fits_time(None if shot is None else shot.taken)
            and (not self.formats or picture.format in self.formats)
        )

    def fits_path(self, path: str) -> bool:
        """Whether a file lies where it has to."""
        return not self.under or any(
            path.startswith(os.path.join(folder, "")) for folder in self.under
        )

    def fits_size(self, width: int, height: int) -> bool:
        """Whether a picture is as large as it has to be."""
        longer, shorter = max(width, height), min(width, height)
        least = width * height >= self.pixels
        return least and longer >= self.sides[0] and shorter >= self.sides[1]

    def fits_time(self, taken: str | None) -> bool:
        """Whether a picture was taken when it has to be."""
        if self.taken is None:
            return True
        first, behind = self.taken
        if taken is None:
            return False
        return (first is None or taken >= first) and (behind is None or taken < behind)


def check_filter(only: Any) -> Filter | None:
    """A filter that was given, if it is one; UsageError else."""
    if only is not None and not isinstance(only, Filter):
        raise UsageError(f"only is a Filter, such as Filter.parse(taken='2019'), not {only!r}")
    return only


def _folders(under: Any) -> tuple[str, ...]:
    if isinstance(under, str | os.PathLike):
        under = [under]
    folders = []
    for folder in under:
        named = os.fspath(folder) if isinstance(folder, str | os.PathLike) else folder
        if not isinstance(named, str) or not named or "\0" in named:
            raise UsageError(f"a folder to look under is a path, not {folder!r}")
        folders.append(os.path.abspath(os.path.expanduser(named)))
    if len(folders) > _MOST:
        raise UsageError(f"{len(folders)} folders to look under: give at most {_MOST}")
    return tuple(folders)


def _range(text: str) -> tuple[str | None, str | None]:
    """The first moment of a range, and the one behind its last."""
    first, dots, last = text.strip().partition("..")
    if not dots:
        last = first
    if not first and not last:
        raise UsageError(f"a time is such as 2019, 2019-06 or 2019..2021-06-30, not {text[:40]!r}")
    start = _ends(first, text)[0] if first else None
    behind = _ends(last, text)[1] if last else None
    if start is not None and behind is not None and start >= behind:
        raise UsageError(f"the range {text[:40]!r} ends before it begins: exchange its ends")
    return start, behind


def _ends(date: str, text: str) -> tuple[str, str]:
    """Where a year, a month or a day begins, and a moment that is behind all of it."""
    found = _DATE.fullmatch(date.strip())
    try:
        if found is None:
            raise ValueError(date)
        year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
        begin = datetime(year, month, day)  # says if there is no such day
        if found[3] is None:
            month = month if found[2] else 12
            day = calendar.monthrange(year, month)[1]
        # The letter sorts behind every time of its last day.
        return begin.date().isoformat(), f"{year:04}-{month:02}-{day:02}U"
    except ValueError:
        raise UsageError(
            f"a time is such as 2019, 2019-06 or 2019..2021-06-30, not {text[:40]!r}"
        ) from None


def _size(text: str) -> tuple[int, tuple[int, int]]:
    if found := _PIXELS.fullmatch(text.strip()):
        return round(float(found[1]) * 1_000_000), (0, 0)
    if found := _SIDES.fullmatch(text.strip()):
        one, other = int(found[1]), int(found[2])
        return 0, (max(one, other), min(one, other))
    raise UsageError(f"a size is such as 2MP (megapixels) or 1920x1080 (pixels), not {text[:40]!r}")


def _formats(text: str) -> tuple[str, ...]:
    named = [name.strip() for name in text.split(",")]
    if len(named) > _MOST:
        raise UsageError(f"{len(named):,} formats are more than {_MOST}: leave some out")
    if wrong := [name for name in named if not names_of(name)]:
        known = ", ".join(name.lower() for name in FORMATS)
        raise UsageError(f"a format is one of {known}, not {wrong[0][:40]!r}")
    return tuple(dict.fromkeys(real for name in named for real in names_of(name)))


def _kinds(text: str) -> tuple[Kind, ...]:
    known = {str(kind): kind for kind in get_args(Kind)}
    named = [name.strip().lower() for name in text.split(",")]
    if wrong := [name for name in named if name not in known]:
        raise UsageError(f"a kind is one of {', '.join(known)}, not {wrong[0][:40]!r}")
    return tuple(dict.fromkeys(known[name] for name in named))
