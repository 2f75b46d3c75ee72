"""Unrelated pictures that a library would call edited copies of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from lookalike.errors import PictureError, UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.library import Library
from lookalike.library.asking import MOST_HITS
from lookalike.sheets.contact_sheet import Cell, contact_sheet
from lookalike.system.processors import processors
from lookalike.types import InputSpec, Kind

__all__ = ["Alarm", "FalseAlarms", "alarm_sheet", "find_alarms"]

_FIRST_HITS = 8  # that are asked for; more where all of them are copies
_THUMBNAIL = 400  # pixels


@dataclass(frozen=True, slots=True)
class Alarm:
    """Two pictures of which one is an ``edited`` hit of the other.

    Attributes:
        first: path of the one.
        second: path of the other.
        distance: the least of the two directions, in bits of the perceptual hash.
    """

    first: str
    second: str
    distance: int


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """What searching for every picture of a library gives.

    Attributes:
        pictures: that were searched for.
        pairs: of different pictures.
        identical: pairs with the same bytes or the same pixels, which are no alarms.
        alarms: all others that are ``edited`` hits, nearest first. Whether they are false, only
            somebody who looks at them can say.
        share: alarms among the pairs that aren't identical.
    """

    pictures: int
    pairs: int
    identical: int
    alarms: tuple[Alarm, ...]
    share: float


def find_alarms(
    library: Library,
    paths: Sequence[str],
    *,
    progress: Callable[[int, int], object] | None = None,
) -> FalseAlarms:
    """Search for every picture of a library, as a user would: turned, and by its parts.

    Args:
        library: of the pictures.
        paths: of all its pictures.
        progress: called with (pictures done, pictures in all).
    """
    known = set(paths)
    nearest: dict[tuple[str, str], int] = {}
    identical: set[tuple[str, str]] = set()

    asked, k, done = list(paths), _FIRST_HITS, 0
    while asked:
        more = []
        for path, found in zip(asked, library.search_many(asked, k, code="pdq"), strict=True):
            if isinstance(found, PictureError):
                raise found
            copies = [hit for hit in found.hits if hit.kind != "alike"]
            if len(copies) == k < MOST_HITS:
                more.append(path)  # there may be further ones
                continue
            for hit in copies:
                if hit.path == path or hit.path not in known:
                    continue
                pair = (min(path, hit.path), max(path, hit.path))
                if hit.kind == "edited":
                    distance = hit.distance or 0
                    nearest[pair] = min(distance, nearest.get(pair, distance))
                else:
                    identical.add(pair)
            done += 1
            if progress is not None:
                progress(done, len(paths))
        asked, k = more, min(8 * k, MOST_HITS)
    alarms = [Alarm(*pair, distance) for pair, distance in nearest.items() if pair not in identical]
    alarms.sort(key=lambda alarm: (alarm.distance, alarm.first, alarm.second))
    pairs = len(paths) * (len(paths) - 1) // 2
    return FalseAlarms(
        pictures=len(paths),
        pairs=pairs,
        identical=len(identical),
        alarms=tuple(alarms),
        share=len(alarms) / max(1, pairs - len(identical)),
    )


def alarm_sheet(alarms: Sequence[Alarm], *, most: int = 100) -> Image.Image:
    """Draw pairs side by side, two pairs in a row, to be looked at.

    Args:
        alarms: nearest first.
        most: pairs to draw.

    Raises:
        UsageError: there are none.
    """
    if not alarms:
        raise UsageError("there is no alarm to be drawn")
    shown = alarms[:most]
    paths = [path for alarm in shown for path in (alarm.first, alarm.second)]
    spec = InputSpec(_THUMBNAIL, "within", "lanczos")
    with DecodePool({"sheet": spec}, workers=min(processors(), len(paths))) as pool:
        decoded = dict(pool.map(enumerate(paths)))
    cells = []
    for number, path in enumerate(paths):
        made = decoded[number]
        name = "/".join(Path(path).parts[-2:])  # the folder tells apart what the camera numbered
        told = f"{shown[number // 2].distance} bits" if number % 2 else ""
        if isinstance(made, Exception):
            cells.append(Cell(name, None, None, [told], reason=str(made)))
        else:
            kind: Kind | None = "edited" if number % 2 else None
            cells.append(Cell(name, made.inputs["sheet"], kind, [told]))
    some = f" (the nearest {most:,} are shown)" if len(alarms) > most else ""
    return contact_sheet(
        cells[0], cells[1:], columns=4, title=f"{len(alarms):,} pairs of edited copies{some}"
    )
