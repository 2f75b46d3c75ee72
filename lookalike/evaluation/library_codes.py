"""The codes of a library as arrays, and tables of some of its pictures, to measure on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words
from lookalike.library.engine import ContentIds, Engine
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.store import Store
from lookalike.library.tables import ArrayTable

__all__ = ["LibraryCodes", "read_codes"]

_ALL = 1 << 40


@dataclass(frozen=True, slots=True, eq=False)
class LibraryCodes:
    """All that a library's pictures got from one encoder, in the order of their ids.

    Attributes:
        encoder: that made the codes.
        contents: ids, ascending, int64 (n,).
        paths: of a file that shows each.
        words: codes padded to 64-bit words, uint64 (n, words).
        quality: uint8 (n,).
        embeddings: int8 (n, d); ``None`` where the encoder has none.
    """

    encoder: EncoderInfo
    contents: ContentIds
    paths: tuple[str, ...]
    words: Words
    quality: npt.NDArray[np.uint8]
    embeddings: npt.NDArray[np.int8] | None

    def __len__(self) -> int:
        return len(self.contents)

    def table(self, rows: npt.NDArray[np.int64]) -> ArrayTable:
        """A table of some of the pictures, ascending rows, as if the library held only these."""
        embeddings = self.embeddings
        if embeddings is None:
            embeddings = np.empty((len(self), 0), np.int8)
        return ArrayTable(
            self.encoder,
            contents=self.contents[rows],
            words=self.words[rows],
            quality=self.quality[rows],
            embeddings=embeddings[rows],
            parts=np.empty((len(rows), 0), np.uint64),
            visible=np.ones(len(rows), np.bool_),
            stamp=Stamp("", 0, 0),
        )


def read_codes(store: Store, engine: Engine) -> list[LibraryCodes]:
    """The codes of a library by each of its current encoders, the perceptual hash first.

    Pictures that have no code by one of them yet are left out of that one.
    """
    rows = sorted((row for row in store.encoders() if row.current), key=lambda row: row.slot)
    found = []
    for table in engine.tables(rows).values():
        contents = table.sample(_ALL)
        pictures = store.pictures_of(contents.tolist())
        kept = table.stored(contents)
        paths = tuple(pictures[content][0].path for content in contents.tolist())
        found.append(
            LibraryCodes(table.encoder, contents, paths, kept.words, kept.quality, kept.embeddings)
        )
    return found
