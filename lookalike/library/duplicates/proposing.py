"""Pairs of contents that may be copies of each other, by their codes.

The hash is joined with itself, as it is and turned: copies of the whole. Its codes of what pictures
hold are joined with it: framed copies, and screenshots. That is :data:`COPIES`. :data:`PARTS` are
found by the photo code, of which the nearest of every picture are taken: crops, collages, frames of
a burst. :data:`LOCAL` are those that local features vote for, see
:mod:`lookalike.library.duplicates.voting`. What was joined once is not joined again: only new
contents are asked with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import from_words, to_words
from lookalike.encoders.turned_codes import turned_codes
from lookalike.library.by_photo import PART_SHARE
from lookalike.library.calibration import Calibration
from lookalike.library.calibration_sample import is_hash, limits_of
from lookalike.library.duplicates.crowds import Crowds, Portion
from lookalike.library.duplicates.packed import CLOSE, WHOLES
from lookalike.library.engine import ContentIds, Table
from lookalike.library.views import ViewRows
from lookalike.ranking.short_list import cosines
from lookalike.types import Codes

__all__ = ["COPIES", "LOCAL", "PARTS", "Level", "Proposing"]

Level: TypeAlias = Literal["copies", "parts", "local"]
COPIES: Final[Level] = "copies"
PARTS: Final[Level] = "parts"
LOCAL: Final[Level] = "local"

Told: TypeAlias = Callable[[int, int], bool]
"""Called with what was asked and all that will be; answers whether to go on."""

_BATCH = 4096  # queries at a time
# Turned codes are told from the codes of upright pictures, some bits from a turned picture's own.
_TURNED = 31
_TURNS_ONE_WAY = (1, 2, 4, 5, 6, 7)  # of both quarter turns one: the pair is met from its other end
_TURNS = (1, 2, 3, 4, 5, 6, 7)
_FLAT = 12  # bits: codes of flat pictures match by chance
_SCANNED = 300_000  # contents up to which all pairs within the wider limit are looked for
_FEW = 0.3  # of all contents: fewer new ones are asked for one by one
_NEAREST = 5  # by the photo code, of each content
_TAKEN = 3  # of these, by their cosines: local features propose the more
_CHANCE = 30.0  # a pair has to be nearer than the so many nearest strangers are
_VIEWS = 8  # nearest views of each view
_PHOTO_VIEWS = 3
_PARTS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Proposing:
    """Joins the codes of one library.

    Args:
        hashes: of the perceptual hash.
        photos: of the photo code.
        calibration: of the photo code.
        views: by slot what contents hold, of those that can be found.
    """

    hashes: Table
    photos: Table
    calibration: Calibration
    hash_views: ViewRows
    photo_views: ViewRows

    def propose(self, level: Level, new: ContentIds, crowds: Crowds, told: Told) -> bool:
        """Find pairs of which one at least is new.

        Args:
            level: which pairs.
            new: contents that can be found and were not joined yet, ascending.
            crowds: takes the pairs.
            told: called now and then.

        Returns:
            Whether all were found: the caller may have said no.
        """
        steps = list(self._steps(level, new))
        total, done = sum(size for size, _ in steps), 0
        for size, step in steps:
            for portion in step:
                crowds.add(portion)
                if not told(done, total):
                    return False
            done += size
            if not told(done, total):
                return False
        return True

    def _steps(self, level: Level, new: ContentIds) -> Iterator[tuple[int, Iterator[Portion]]]:
        """The joins, and what each costs by comparison."""
        if not len(new):
            return
        views = len(self.hash_views.contents)
        if level == COPIES:
            every = self.hashes.sample(len(self.hashes))
            if len(new) < _FEW * len(every):
                yield len(new), self._near_new(new)
                yield len(_TURNS) * len(new), self._turned_new(new)
            else:
                yield len(every), self._near(every)
                for turn in _TURNS_ONE_WAY:
                    yield 4 * len(every), self._turned(every, turn)
            yield views, self._held_hashes(new)
        else:
            yield 4 * len(new), self._alike(new)
            yield len(self.photo_views.contents), self._held_photos(new)
            if self.photos.has_parts:
                yield 9 * len(new), self._parts(new)

    # The hash

    def _radius(self, n: int) -> int:
        limits = limits_of(self.hashes.encoder)
        return limits.near if n <= _SCANNED else limits.edited

    def _near(self, every: ContentIds) -> Iterator[Portion]:
        for first, second, distances in self.hashes.pairs(self._radius(len(every))):
            yield from self._trusted("pdq", first, second, distances)

    def _near_new(self, new: ContentIds) -> Iterator[Portion]:
        radius = self._radius(len(self.hashes))
        for asked, codes in self._codes(self.hashes, new):
            yield from self._trusted("pdq", *_within(self.hashes, asked, codes, radius))

    def _turned(self, every: ContentIds, turn: int) -> Iterator[Portion]:
        """All pairs of which one is the other turned: those between two halves of a stack."""
        # Here, not above: a search in which nothing is new compiles and joins nothing.
        from lookalike.indexes.pairs import all_pairs

        if not is_hash(self.hashes.encoder):
            return
        words = self.hashes.stored(every).words
        turned = to_words(turned_codes(from_words(words, self.hashes.encoder.bits))[turn])
        stack = np.concatenate([words, turned])
        for first, second, distances in all_pairs(stack, self.hashes.encoder.bits, _TURNED):
            across = (first < len(every)) & (second >= len(every))
            yield from self._trusted(
                "turned",
                every[first[across]],
                every[second[across] - len(every)],
                distances[across],
            )

    def _turned_new(self, new: ContentIds) -> Iterator[Portion]:
        if not is_hash(self.hashes.encoder):
            return
        for asked, codes in self._codes(self.hashes, new):
            turned = turned_codes(codes)
            for turn in _TURNS:
                found = _within(self.hashes, asked, turned[turn], _TURNED)
                yield from self._trusted("turned", *found)

    def _trusted(
        self, code: str, first: ContentIds, second: ContentIds, distances: npt.NDArray[np.int32]
    ) -> Iterator[Portion]:
        """Pairs whose codes mean something, and of flat pictures the nearest alone."""
        if not len(first):
            return
        limits = limits_of(self.hashes.encoder)
        quality = np.minimum(self.hashes.stored(first).quality, self.hashes.stored(second).quality)
        kept = (first != second) & ((quality >= limits.quality) | (distances <= _FLAT))
        near = distances <= limits.edited
        wanted = np.where(near & (code == "pdq"), CLOSE, WHOLES)
        yield Portion(code, first[kept], second[kept], distances[kept], wanted[kept])

    def _held_hashes(self, new: ContentIds) -> Iterator[Portion]:
        """What pictures hold, beside whole pictures, and beside what others hold."""
        rows, limits = self.hash_views, limits_of(self.hashes.encoder)
        bits = self.hashes.encoder.bits
        for block in _blocks(np.flatnonzero(rows.quality >= limits.quality)):
            codes, owners = from_words(rows.words[block], bits), rows.contents[block]
            first, second, distances = _within(self.hashes, owners, codes, limits.edited)
            fresh = np.isin(first, new) | np.isin(second, new)
            yield from self._portion("view", first, second, distances, fresh)
            hits = self.hashes.nearest_views(codes, _VIEWS)
            near = (hits.contents >= 0) & (hits.distances <= limits.edited)
            near &= hits.quality >= limits.quality
            asked, places = np.nonzero(near)
            first, second = owners[asked], hits.contents[asked, places]
            fresh = np.isin(first, new) | np.isin(second, new)
            yield from self._portion("view", first, second, hits.distances[asked, places], fresh)

    # The photo code

    def _alike(self, new: ContentIds) -> Iterator[Portion]:
        n = len(self.photos)
        for asked, codes in self._codes(self.photos, new):
            hits = self.photos.nearest(codes, _NEAREST + 1)
            rows, places = np.nonzero((hits.ids >= 0) & (hits.ids != asked[:, None]))
            first, second = asked[rows], hits.ids[rows, places]
            distances = hits.distances[rows, places]
            near = self._cosines(first, second)
            order = np.lexsort((second, distances, -near, rows))
            ranks = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
            taken = np.zeros(len(order), np.bool_)
            taken[order[ranks < _TAKEN]] = True
            taken &= self.calibration.chance(distances, n, near) <= _CHANCE
            yield from self._portion("photo", first, second, distances, taken)

    def _cosines(self, first: ContentIds, second: ContentIds) -> npt.NDArray[np.float64]:
        """Of the embeddings of pairs; NaN where there are none."""
        a, b = self.photos.stored(first).embeddings, self.photos.stored(second).embeddings
        if a is None or b is None:
            return np.full(len(first), np.nan)
        return np.asarray(cosines(a, b), np.float64)

    def _held_photos(self, new: ContentIds) -> Iterator[Portion]:
        rows, bits = self.photo_views, self.photos.encoder.bits
        for block in _blocks(np.arange(len(rows.contents))):
            owners = rows.contents[block]
            hits = self.photos.nearest(from_words(rows.words[block], bits), _PHOTO_VIEWS)
            asked, places = np.nonzero((hits.ids >= 0) & (hits.distances <= PART_SHARE * bits))
            first, second = owners[asked], hits.ids[asked, places]
            fresh = np.isin(first, new) | np.isin(second, new)
            yield from self._portion("view", first, second, hits.distances[asked, places], fresh)

    def _parts(self, new: ContentIds) -> Iterator[Portion]:
        """Pictures of which one looks like one of nine parts of the other."""
        limit = int(PART_SHARE * self.photos.encoder.bits)
        for asked, codes in self._codes(self.photos, new):
            hits = self.photos.nearest_parts(codes, _PARTS)
            rows, places = np.nonzero((hits.contents >= 0) & (hits.distances <= limit))
            first, second = asked[rows], hits.contents[rows, places]
            yield from self._portion(
                "part", first, second, hits.distances[rows, places], np.ones(len(rows), np.bool_)
            )

    def _portion(
        self,
        code: str,
        first: ContentIds,
        second: ContentIds,
        distances: npt.NDArray[np.int32],
        kept: npt.NDArray[np.bool_],
    ) -> Iterator[Portion]:
        kept = kept & (first != second)
        wanted = np.full(int(kept.sum()), CLOSE)
        yield Portion(code, first[kept], second[kept], distances[kept], wanted)

    def _codes(self, table: Table, contents: ContentIds) -> Iterator[tuple[ContentIds, Codes]]:
        for block in _blocks(contents):
            kept = table.stored(block)
            yield block[kept.there], from_words(kept.words[kept.there], table.encoder.bits)


def _blocks(rows: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _within(
    table: Table, asked: ContentIds, codes: Codes, radius: int
) -> tuple[ContentIds, ContentIds, npt.NDArray[np.int32]]:
    found = table.within(codes, radius)
    return np.repeat(asked, np.diff(found.offsets)), found.ids, found.distances
