"""What is said of a picture beside its pixels: date, place, camera, rating, keywords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Self

from lookalike.shot import Shot

__all__ = ["Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a file and its sidecars say.

    Attributes:
        taken: when the picture was taken, ISO 8601, with an offset where one is said.
        position: latitude and longitude in degrees, and metres above the sea or ``None``.
        camera: make and model.
        lens: its model.
        rating: stars, -1 (rejected) to 5; 0, which programs write for "none", is ``None`` here.
        keywords: in their order.
    """

    taken: str | None = None
    position: tuple[float, float, float | None] | None = None
    camera: str = ""
    lens: str = ""
    rating: int | None = None
    keywords: tuple[str, ...] = ()

    @classmethod
    def of(cls, shot: Shot | None) -> Self:
        """What the picture's own file says."""
        if shot is None:
            return cls()
        taken = shot.taken
        if taken is not None and shot.offset is not None:
            zone = timezone(timedelta(minutes=shot.offset))
            taken += "+00:00" if not shot.offset else str(zone)[3:9]
        position = None
        if shot.latitude is not None and shot.longitude is not None:
            position = (shot.latitude, shot.longitude, shot.altitude)
        return cls(taken, position, shot.camera, shot.lens)

    def __or__(self, other: Known) -> Known:
        """What either says; of two that say the same thing this one."""
        more = tuple(word for word in other.keywords if word not in self.keywords)
        return Known(
            self.taken or other.taken,
            self.position or other.position,
            self.camera or other.camera,
            self.lens or other.lens,
            other.rating if self.rating is None else self.rating,
            self.keywords + more,
        )

    def __sub__(self, other: Known) -> Known:
        """What this says, and the other says nothing of."""
        return Known(
            None if other.taken else self.taken,
            None if other.position else self.position,
            "" if other.camera else self.camera,
            "" if other.lens else self.lens,
            None if other.rating is not None else self.rating,
            tuple(word for word in self.keywords if word not in other.keywords),
        )

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self != Known()

    def words(self) -> Sequence[str]:
        """What is said, in words; that there is a position, and never where."""
        found = []
        if self.taken:
            found.append(f"taken {self.taken}")
        if self.position:
            found.append("position")
        if self.camera:
            found.append(f"camera {self.camera}")
        if self.lens:
            found.append(f"lens {self.lens}")
        if self.rating is not None:
            found.append(f"rating {self.rating}")
        if self.keywords:
            found.append(f"keywords {', '.join(self.keywords)}")
        return found
