"""Whether an engine's answers are right: asked of a new library, which anybody's server can hold.

Each check compares answers with those of the definition, worked out here from the codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.codes.bits import hamming
from lookalike.library.engine import Engine, Table
from lookalike.library.records import EncoderInfo, FileEntry, Member, StoredCode
from lookalike.library.store import Store
from lookalike.types import Codes, ContentId, Decoded, Encoded, InputSpec, Pixels, Slot

__all__ = ["CHECKS", "Check", "conformance"]

_BITS = 256
_TIED = 60
_PORTION = 1_000

CHECKS = (
    "distance 0",
    "nearest",
    "ties at the k-th distance",
    "rim of a radius",
    "a mask over all codes",
    "among some",
    "written anew",
    "hidden and shown",
)
"""What is checked, in this order."""


@dataclass(frozen=True, slots=True)
class Check:
    """One property of an engine's answers.

    Attributes:
        name: one of :data:`CHECKS`.
        passed: whether all answers have it.
        wrong: answers that don't.
        asked: answers that were compared.
    """

    name: str
    passed: bool
    wrong: int
    asked: int


class _Encoder:
    """As far as a store knows encoders; encodes nothing."""

    bits, embedding_size = _BITS, 0
    input = InputSpec(8, "stretch")

    def __init__(self, name: str) -> None:
        self.name = self.fingerprint = name

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        raise NotImplementedError


class _Asked:
    """A library of random codes, and what the definition says of it."""

    def __init__(self, store: Store, engine: Engine, size: int, seed: int) -> None:
        self.store, self.engine = store, engine
        rng = np.random.default_rng(seed)
        self.codes: Codes = rng.integers(0, 256, (size, _BITS // 8), np.uint8)
        self.codes[:_TIED] = self.codes[0]
        self.codes[_TIED], self.codes[_TIED + 1] = 0, 255
        self.mask: Codes = rng.integers(0, 256, (1, _BITS // 8), np.uint8)
        near = self.codes[rng.integers(0, size, 20)].copy()
        near[:, 0] ^= 7
        self.queries: Codes = np.concatenate([self.codes[: _TIED + 2 : 20], near])
        digests = [b"%032d" % n for n in range(size)]
        shown = [Decoded({}, d, None, 8, 8, "PNG", 100, "", None) for d in digests]
        ids = np.array(self._put(shown), np.int64)
        # Codes go to contents in the order of ids, so that a row of one is a row of the other.
        self.ids = np.sort(ids)
        self.plain = self._encode("pdq", "conformance", self.codes)
        self.masked = self._encode("photo", "conformance, masked", self.codes ^ self.mask)
        for start in range(0, size, _PORTION):
            some = self.ids[start : start + _PORTION].tolist()
            store.put_files([FileEntry(f"/{n}", 1, 1, (Member("", ContentId(n)),)) for n in some])
        store.settle()

    def _put(self, shown: Sequence[Decoded]) -> list[ContentId]:
        found: list[ContentId] = []
        for start in range(0, len(shown), _PORTION):
            found += self.store.put_contents(shown[start : start + _PORTION])
        return found

    def _encode(self, slot: Slot, name: str, codes: Codes) -> EncoderInfo:
        encoder = self.store.put_encoder(slot, name, _Encoder(name), current=True)
        for start in range(0, len(codes), _PORTION):
            rows = zip(self.ids[start : start + _PORTION].tolist(), codes[start:], strict=False)
            self.store.put_codes(
                [StoredCode(encoder.id, ContentId(one), code.tobytes()) for one, code in rows]
            )
        return encoder

    def table(self, encoder: EncoderInfo | None = None) -> Table:
        """As it is now."""
        encoder = encoder or self.plain
        return self.engine.tables([encoder])[encoder.id]

    def order(self, query: Codes) -> tuple[list[int], list[int]]:
        """All ids and distances of one query, by (distance, id)."""
        distances = hamming(query[None], self.codes)[0]
        rows = np.lexsort((self.ids, distances))
        return self.ids[rows].tolist(), distances[rows].tolist()

    def wrong(self, table: Table, queries: Codes, k: int, mask: Codes | None = None) -> int:
        """How many of the k nearest aren't those of the definition."""
        hits = table.nearest(queries if mask is None else queries ^ mask, k)
        wrong = 0
        for row, query in enumerate(queries):
            ids, distances = self.order(query)
            theirs = hits.ids[row].tolist(), hits.distances[row].tolist()
            kept = min(k, len(ids))
            wrong += theirs != (
                ids[:k] + [-1] * (k - kept),
                distances[:k] + [-1] * (k - kept),
            )
        return wrong


def conformance(
    store: Store, engine: Engine, *, size: int = 2_000, seed: int = 0
) -> Iterator[Check]:
    """Check an engine by a library that is new and may be thrown away.

    Args:
        store: of the library, which has to be empty.
        engine: of the same.
        size: codes, at least 100.
        seed: of the codes.
    """
    asked = _Asked(store, engine, size, seed)
    table = asked.table()

    def told(name: str, wrong: int, count: int) -> Check:
        return Check(name, wrong == 0, wrong, count)

    some = asked.codes[_TIED : _TIED + 200]
    hits = table.nearest(some, 1)
    own = asked.ids[_TIED : _TIED + 200]
    yield told("distance 0", int(((hits.ids[:, 0] != own) | (hits.distances[:, 0] != 0)).sum()),
               len(some))  # fmt: skip
    ks = (1, 10, 200)
    wrong = sum(asked.wrong(table, asked.queries, k) for k in ks)
    yield told("nearest", wrong, len(ks) * len(asked.queries))
    tied = asked.codes[:1]
    wrong = sum(asked.wrong(table, tied, k) for k in (1, 7, _TIED - 1, _TIED, _TIED + 1))
    yield told("ties at the k-th distance", wrong, 5)
    wrong = 0
    radii = [int(d) for d in sorted({*asked.order(asked.queries[0])[1]})[:4]] + [0, 31, 110]
    for radius in radii:
        near = table.within(asked.queries, radius)
        for row, query in enumerate(asked.queries):
            ids, distances = asked.order(query)
            count = int(np.searchsorted(distances, radius, side="right"))
            theirs = [(hit.id, hit.distance) for hit in near[row]]
            wrong += theirs != list(zip(ids[:count], distances[:count], strict=True))
    yield told("rim of a radius", wrong, len(radii) * len(asked.queries))
    wrong = asked.wrong(asked.table(asked.masked), asked.queries, 50, asked.mask)
    yield told("a mask over all codes", wrong, len(asked.queries))
    among = asked.ids[:: max(1, size // 50)]
    found = table.nearest(asked.queries, len(among), among=among)
    wrong = sum(set(row) - {-1} != set(among.tolist()) for row in found.ids.tolist())
    yield told("among some", wrong, len(asked.queries))
    yield told("written anew", _written_anew(asked), len(asked.queries) + 1)
    yield told("hidden and shown", _hidden(asked), 2 * len(asked.queries))


def _written_anew(asked: _Asked) -> int:
    """A code takes the place of the one before, and is there once."""
    row = len(asked.codes) - 1
    asked.codes[row] ^= 255
    content = ContentId(int(asked.ids[row]))
    asked.store.put_codes([StoredCode(asked.plain.id, content, asked.codes[row].tobytes())])
    asked.store.settle()
    table = asked.table()
    return asked.wrong(table, asked.queries, 50) + (len(table) != len(asked.codes))


def _hidden(asked: _Asked) -> int:
    """What no present file shows is not found, and is again when the file is back."""
    hidden = asked.ids[:5].tolist()
    files = [file.id for file in asked.store.known([f"/{n}" for n in hidden]).values()]
    asked.store.set_present(files, False)
    asked.store.settle()
    kept = asked.codes, asked.ids
    asked.codes, asked.ids = asked.codes[5:], asked.ids[5:]
    wrong = asked.wrong(asked.table(), asked.queries, 20)
    asked.codes, asked.ids = kept
    asked.store.set_present(files, True)
    asked.store.settle()
    return wrong + asked.wrong(asked.table(), asked.queries, 20)
