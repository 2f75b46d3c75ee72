"""What a picture's file says of how it was taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Self

__all__ = ["MOST_LETTERS", "Shot", "clean"]

MOST_LETTERS = 100
"""Of a camera's, a lens's or a program's name."""

_FARTHEST_OFFSET = 16 * 60


@dataclass(frozen=True, slots=True)
class Shot:
    """How a picture was taken, as its file says; nobody vouches for it.

    Attributes:
        taken: by the clock of the camera, ISO 8601 without an offset, such as
            ``2019-06-01T12:34:56.780``; ``None`` where it isn't said.
        offset: of that clock from UTC, in minutes; ``None`` where it isn't said.
        camera: make and model; empty where they aren't said, as for the next two.
        lens: its model.
        software: that wrote the file.
        orientation: as EXIF counts, 1 to 8.
        latitude: in degrees, north of the equator; ``None`` where no position is said.
        longitude: in degrees, east of Greenwich; likewise.
        altitude: in metres above the sea; ``None`` where it isn't said.
    """

    taken: str | None = None
    offset: int | None = None
    camera: str = ""
    lens: str = ""
    software: str = ""
    orientation: int = 1
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self != _NOTHING

    @property
    def moment(self) -> datetime | None:
        """When it was taken; with an offset where one is said."""
        if self.taken is None:
            return None
        moment = datetime.fromisoformat(self.taken)
        if self.offset is None:
            return moment
        return moment.replace(tzinfo=timezone(timedelta(minutes=self.offset)))

    def seconds_to(self, other: Shot) -> float | None:
        """Seconds from this to another, negative if that was before; ``None`` if it isn't known.

        By offsets where both say one, else by the clocks alone.
        """
        own, theirs = self.moment, other.moment
        if own is None or theirs is None:
            return None
        if own.tzinfo is None or theirs.tzinfo is None:
            own, theirs = own.replace(tzinfo=None), theirs.replace(tzinfo=None)
        return (theirs - own).total_seconds()

    def without_position(self) -> Shot:
        """The same, but for where it was."""
        return replace(self, latitude=None, longitude=None, altitude=None)

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`pack`, of what nobody vouches for.

        Raises:
            ValueError, TypeError: no such record.
        """
        shot = cls(**packed)
        if shot.taken is not None and (
            len(shot.taken) > 30 or datetime.fromisoformat(shot.taken).tzinfo is not None
        ):
            raise ValueError("not a time by a clock")
        numbers = (shot.orientation, *([] if shot.offset is None else [shot.offset]))
        if any(type(number) is not int for number in numbers) or not 1 <= shot.orientation <= 8:
            raise ValueError("not a whole number")
        if shot.offset is not None and abs(shot.offset) > _FARTHEST_OFFSET:
            raise ValueError("not an offset")
        if any(clean(text) != text for text in (shot.camera, shot.lens, shot.software)):
            raise ValueError("not a name")
        place = (shot.latitude, shot.longitude, shot.altitude)
        if any(x is not None and not (type(x) is float and math.isfinite(x)) for x in place):
            raise ValueError("not a position")
        return cls(**packed)


_NOTHING = Shot()


def clean(text: str) -> str:
    """A name without control characters and needless spaces, cut to :data:`MOST_LETTERS`."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.split())[:MOST_LETTERS].strip()
