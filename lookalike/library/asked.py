"""Pictures made ready to be asked with: of any file, or of the library by what it keeps of them.

A picture of the library is asked with its own codes and its preview. Its file is neither read nor
decoded, so that it may be on a disk that is unplugged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from lookalike.codes.bits import from_words
from lookalike.encoders.perceptual_hash import PerceptualHash
from lookalike.encoders.turned_codes import turned_codes
from lookalike.errors import PictureError
from lookalike.images.fitting import fit
from lookalike.images.parts.nine import PARTS
from lookalike.images.parts.views import Held, held
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.images.preview import pixels_of
from lookalike.library.engine import Stored, Table
from lookalike.library.given import name_of
from lookalike.library.models import Models
from lookalike.library.previews import Previews
from lookalike.library.records import ContentKey, EncoderInfo, PictureInfo
from lookalike.library.regions import part_size, region
from lookalike.library.stages import Clock
from lookalike.library.store import Store
from lookalike.road import Picture, Question, Road
from lookalike.road.made import SEEN_BY_WHOLE
from lookalike.types import Codes, Encoded, Limits, Part, Pixels, Slot

__all__ = ["Asked", "Asker", "Tables"]

Tables = Callable[[Sequence[EncoderInfo]], Mapping[Slot, Table]]
"""Gives the codes of encoders, by slot."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A picture that :meth:`lookalike.Library.asked` made ready to search with.

    Every method that takes a picture to look for takes it, as often as one likes: it is decoded and
    encoded only once.

    Attributes:
        name: what the question is called: the path of its file, or a word for what has none.
        size: width and height in pixels, upright; of a part, those of the part.
        id: of the library's picture that it is; ``None`` for any other.
        look: whether its hits are compared with it, pixel by pixel.
    """

    name: str
    size: tuple[int, int]
    id: int | None
    look: bool
    # Not for users: what was given and what of it is asked, which may be the pixels of a part; the
    # encoders that made the codes, and how long that took.
    given: Picture = field(repr=False)
    part: Part | None = field(repr=False)
    picture: Picture = field(repr=False)
    question: Question = field(repr=False)
    rows: tuple[EncoderInfo, ...] = field(repr=False)
    seconds: Mapping[str, float] = field(repr=False)
    known: PictureInfo | None = field(default=None, repr=False)

    def is_by(self, rows: Iterable[EncoderInfo]) -> bool:
        """Whether there are codes by these encoders."""
        return all(row in self.rows for row in rows)


class Asker:
    """Makes pictures ready; any number of threads may ask.

    Args:
        store: of the library.
        models: its encoders.
        previews: of its pictures.
        tables: gives its codes.
        pool: decodes.
        limits: for decoding.
    """

    def __init__(
        self,
        store: Store,
        models: Models,
        previews: Previews,
        tables: Tables,
        pool: DecodePool,
        limits: Limits,
    ) -> None:
        self._store, self._models, self._previews = store, models, previews
        self._tables, self._pool, self._limits = tables, pool, limits

    def asked(
        self, given: Picture | Asked, rows: Sequence[EncoderInfo], part: Part | None = None
    ) -> Asked:
        """A picture with its codes by some encoders; what was made ready by them stays as it is.

        Args:
            given: the picture.
            rows: the encoders.
            part: of the picture, which is asked in its place.

        Raises:
            PictureError: it can't be read.
        """
        if isinstance(given, Asked):
            part = given.part if part is None else part
            if part == given.part and all(row in given.rows for row in rows):
                return replace(given, seconds={})
            if given.known is not None:
                return self.known(given.known, rows, part, look=given.look)
            return replace(self.asked(given.given, rows, part), look=given.look)
        clock = Clock()
        road = self._road(rows)
        if part is None:
            question = road.question(given, lap=clock.lap)
            clock.lap("encode")
            return _asked(given, None, given, question, rows, clock)
        cut = region(Road({}, limits=self._limits, pool=self._pool), given, part)
        clock.lap("decode")
        # What it shows is known as 8-bit RGB only: no promise can be made that all is the same.
        question = replace(road.question(cut.pixels), pixel_digest=None, size=cut.size)
        clock.lap("encode")
        return _asked(given, part, cut.pixels, question, rows, clock)

    def known(
        self,
        known: PictureInfo,
        rows: Sequence[EncoderInfo],
        part: Part | None = None,
        *,
        look: bool = True,
    ) -> Asked:
        """The same for a picture of the library, whose file need not be there.

        A part is cut out of the file where that is as it was, else out of the preview. Where hits
        aren't looked at, nothing but the codes of the whole picture is asked.

        Raises:
            PictureError: a part is asked, and there are neither the file nor a preview.
        """
        item = Item(known.path, known.member)
        clock = Clock()
        if part is not None:
            question, pixels = self._part(known, rows, part)
            clock.lap("encode")
            return replace(_asked(item, part, pixels, question, rows, clock, known), look=look)
        question = self._kept(known, rows, look=look)
        clock.lap("encode")
        return replace(_asked(item, None, item, question, rows, clock, known), look=look)

    def _road(self, rows: Sequence[EncoderInfo]) -> Road[Slot]:
        parts: list[Slot] = []
        if self._store.setting("parts") == "1":
            parts = [row.slot for row in rows if row.slot == "photo"]
        encoders = {row.slot: self._models.lazy(row) for row in rows}
        return Road(encoders, parts=parts, limits=self._limits, pool=self._pool)

    def _kept(self, known: PictureInfo, rows: Sequence[EncoderInfo], *, look: bool) -> Question:
        """A picture by what the library keeps of it."""
        key = ContentKey(known.digest, known.member)
        (content,) = self._store.contents([key])
        preview = self._preview(known) if look else None
        pixels = None if preview is None else pixels_of(preview)
        inner = [] if pixels is None else held(pixels)
        made = Question(
            known.digest,
            None,
            member=known.member,
            size=(known.width, known.height),
            preview=preview,
            format=known.format,
            file_bytes=known.file_bytes,
        )
        if content is None:  # forgotten a moment ago
            return made
        seen = self._store.appearances([content]).get(content)
        shot = self._store.shots([content]).get(content)
        made = replace(made, pixel_digest=None if seen is None else seen.pixel_digest, shot=shot)
        for slot, table in self._tables(rows).items():
            kept = table.stored(np.array([content], np.int64))
            if not kept.there[0]:
                continue
            codes = from_words(kept.words, table.encoder.bits)
            if slot == "pdq":
                pdq, quality = self._turned(table.encoder, codes, kept, pixels, inner)
                made = replace(made, pdq=pdq, pdq_quality=quality)
            else:
                photo = self._photo(table.encoder, codes, kept, inner)
                parts = None
                if kept.parts is not None:
                    flat = kept.parts.reshape(len(PARTS), -1)
                    parts = Encoded(from_words(flat, table.encoder.bits))
                made = replace(made, photo=photo, parts=parts)
        return made

    def _turned(
        self,
        row: EncoderInfo,
        codes: Codes,
        kept: Stored,
        pixels: Pixels | None,
        inner: Sequence[Held],
    ) -> tuple[Codes, np.ndarray[tuple[int], np.dtype[np.uint8]]]:
        """The hash of a picture with those of its rotations, and of what it holds."""
        encoder = self._models.encoder(row)
        if pixels is None or not isinstance(encoder, PerceptualHash):
            turned = turned_codes(codes)[:, 0]
            return turned, np.repeat(kept.quality, len(turned))
        made = [encoder.turned(pixels)]
        made[0][0][0] = codes[0]
        made += [encoder.turned(one.pixels) for one in inner]
        quality = np.array([int(kept.quality[0]), *(q for _, q in made[1:])], np.uint8)
        return np.concatenate([codes for codes, _ in made]), np.repeat(quality, len(made[0][0]))

    def _photo(
        self, row: EncoderInfo, codes: Codes, kept: Stored, inner: Sequence[Held]
    ) -> Encoded:
        """The photo code of a picture, and of what it holds: that alone has to be encoded."""
        small = [one for one in inner if one.share < SEEN_BY_WHOLE]
        if not small:
            return Encoded(codes, kept.embeddings)
        encoder = self._models.encoder(row)
        more = encoder.encode(
            [np.asarray(fit(Image.fromarray(one.pixels), encoder.input)) for one in small]
        )
        embeddings = None
        if kept.embeddings is not None and more.embeddings is not None:
            embeddings = np.concatenate([kept.embeddings, more.embeddings])
        return Encoded(np.concatenate([codes, more.codes]), embeddings)

    def _part(
        self, known: PictureInfo, rows: Sequence[EncoderInfo], part: Part
    ) -> tuple[Question, Pixels]:
        road = Road[Slot]({}, limits=self._limits, pool=self._pool)
        size = part_size((known.width, known.height), part)
        try:
            cut = region(road, Item(known.path, known.member), part)
            if cut.digest != known.digest:
                raise PictureError("the file has changed since it was indexed")
        except PictureError:
            preview = self._preview(known)
            if preview is None:
                raise
            cut = region(road, np.asarray(pixels_of(preview)), part)
        question = self._road(rows).question(cut.pixels)
        return replace(question, pixel_digest=None, size=size), cut.pixels

    def _preview(self, known: PictureInfo) -> bytes | None:
        key = ContentKey(known.digest, known.member)
        found = self._previews.get([key]).get(key)
        return None if found is None else found[0]


def _asked(
    given: Picture,
    part: Part | None,
    picture: Picture,
    question: Question,
    rows: Sequence[EncoderInfo],
    clock: Clock,
    known: PictureInfo | None = None,
) -> Asked:
    return Asked(
        name_of(given),
        question.size,
        None if known is None else known.id,
        True,
        given,
        part,
        picture,
        question,
        tuple(rows),
        clock.laps,
        known,
    )
