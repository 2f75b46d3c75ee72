"""What is known of contents that may be in a group, beside how they look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lookalike.library.calibration_hubs import is_tiny
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.relations import is_burst
from lookalike.library.store import Store
from lookalike.shot import Shot
from lookalike.types import ContentId

__all__ = ["Fact", "Facts"]

_RAW = "RAW"
_PORTION = 5_000


@dataclass(slots=True, eq=False)
class Fact:
    """What is known of one content.

    Attributes:
        pictures: the present pictures that show it, by id, those that are asked about.
        key: what makes it.
        pixels: digest of what it shows; ``None`` where nobody knows it.
        shot: how it was taken; ``None`` where its file says nothing.
        held: pictures in its file; ``None`` where nobody looked.
        loss: what of it is lost.
    """

    pictures: Sequence[PictureInfo]
    key: ContentKey
    pixels: bytes | None
    shot: Shot | None
    held: int | None
    loss: str

    @property
    def first(self) -> PictureInfo:
        """One of its pictures; what they show is the same."""
        return self.pictures[0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.first.width, self.first.height

    @property
    def is_tiny(self) -> bool:
        """Whether it is too small to be told from others by little."""
        return is_tiny(*self.size)

    def order(self) -> tuple[int, int, ContentKey]:
        """Sorts those that groups are made around first: the largest, whatever their ids."""
        width, height = self.size
        return -width * height, -self.first.file_bytes, self.key


class Facts:
    """What is known of the contents of a library, asked for in portions.

    Args:
        store: of the library.
        fits: which pictures are asked about.
    """

    def __init__(self, store: Store, fits: Callable[[PictureInfo], bool]) -> None:
        self._store, self._fits = store, fits
        self._known: dict[ContentId, Fact] = {}

    def __getitem__(self, content: ContentId) -> Fact:
        return self._known[content]

    def __contains__(self, content: ContentId) -> bool:
        return content in self._known

    def learn(self, contents: Iterable[ContentId]) -> None:
        """Ask about contents; those that no picture shows which is asked about stay unknown."""
        wanted = sorted({content for content in contents if content not in self._known})
        for start in range(0, len(wanted), _PORTION):
            some = wanted[start : start + _PORTION]
            looks, shots = self._store.appearances(some), self._store.shots(some)
            there = list(looks)
            held = dict(zip(there, self._store.held(there), strict=True))
            for content, pictures in self._store.pictures_of(some).items():
                fitting = [picture for picture in pictures if self._fits(picture)]
                if fitting and content in looks:
                    look = looks[content]
                    self._known[content] = Fact(
                        fitting,
                        look.key,
                        look.pixel_digest,
                        shots.get(content),
                        held[content],
                        look.loss,
                    )

    def same_file(self, a: ContentId, b: ContentId) -> bool:
        """Whether two are pictures of one file: its pages or frames are no copies."""
        return self[a].key.digest == self[b].key.digest

    def same_pixels(self, a: ContentId, b: ContentId) -> bool:
        """Whether two are known to show the same, to the last bit."""
        known = self[a].pixels
        return known is not None and known == self[b].pixels

    def relation(self, a: ContentId, b: ContentId) -> Literal["burst", "raw+jpeg"] | None:
        """``burst`` or ``raw+jpeg`` where two that look the same are that; else ``None``.

        A raw file and a picture that was made of it are a pair, whatever their names and dates are:
        neither is there twice.
        """
        one, other = self[a], self[b]
        if [one.first.format, other.first.format].count(_RAW) == 1:
            return "raw+jpeg"
        if is_burst(one.shot, other.shot):
            return "burst"
        return None
