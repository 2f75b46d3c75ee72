"""Libraries of codes that no picture was decoded for, to be calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.encoders.pdq_area import PDQArea
from lookalike.library.engine import Engine, Table
from lookalike.library.records import EncoderInfo, FileEntry, Member, Stamp, StoredCode
from lookalike.library.store import Store
from lookalike.library.tables import ArrayTable
from lookalike.shot import Shot
from lookalike.types import Codes, Decoded, Encoded, EncoderId, InputSpec, Pixels, Slot

BITS, WIDTH = 256, 16


@dataclass(frozen=True)
class Made:
    """An encoder as far as a store knows encoders; nothing is encoded here."""

    name: str = "made"
    fingerprint: str = "made-1"
    embedding_size: int = WIDTH
    bits: int = BITS

    @property
    def input(self) -> InputSpec:
        return InputSpec(8, "stretch")

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        raise AssertionError("not asked for")


HASH = Made(PDQArea.name, PDQArea.fingerprint, 0)
PHOTO = Made()


def unlike_codes(n: int, seed: int = 0) -> Codes:
    """Codes that have nothing to do with each other, uint8 (n, 32)."""
    return np.random.default_rng(seed).integers(0, 256, (n, BITS // 8), dtype=np.uint8)


def row(slot: Slot) -> EncoderInfo:
    """An encoder as a library has it."""
    made = HASH if slot == "pdq" else PHOTO
    name, fingerprint, size = made.name, made.fingerprint, made.embedding_size
    return EncoderInfo(EncoderId(1), slot, name, name, fingerprint, BITS, size, True)


def table_of(
    slot: Slot, codes: Codes, *, quality: npt.ArrayLike = 100, seed: int = 0
) -> ArrayTable:
    """The codes of one encoder, with embeddings at random for photo codes."""
    n, size = len(codes), row(slot).embedding_size
    embeddings = np.random.default_rng(seed).integers(-100, 100, (n, size)).astype(np.int8)
    return ArrayTable(
        row(slot),
        contents=np.arange(1, n + 1),
        words=to_words(codes),
        quality=np.broadcast_to(np.asarray(quality, np.uint8), n).copy(),
        embeddings=embeddings,
        parts=np.empty((n, 0), np.uint64),
        visible=np.ones(n, np.bool_),
        stamp=Stamp("", 0, 0),
    )


def fill(
    store: Store,
    n: int,
    *,
    first: int = 0,
    side: int = 300,
    codes: Codes | None = None,
    shots: Sequence[Shot] | None = None,
) -> None:
    """Add so many pictures, of both codes; these, if they are given."""
    encoders = [
        store.put_encoder("pdq", "pdq", HASH, current=True),
        store.put_encoder("photo", "made", PHOTO, current=True),
    ]
    rng = np.random.default_rng(first)
    digests = [(first + i).to_bytes(32, "big") for i in range(n)]
    pictures = [
        Decoded({}, d, d, side, 400, "PNG", 100, shot=None if shots is None else shots[i])
        for i, d in enumerate(digests)
    ]
    made = {
        encoder.id: unlike_codes(n, first + 7 * encoder.id) if codes is None else codes
        for encoder in encoders
    }
    embeddings = rng.integers(-100, 100, (n, WIDTH)).astype(np.int8)
    with store.writing():
        contents = store.put_contents(pictures)
        store.put_codes(
            [
                StoredCode(
                    encoder.id,
                    content,
                    made[encoder.id][i].tobytes(),
                    embeddings[i].tobytes() if encoder.embedding_size else None,
                    100 if encoder.slot == "pdq" else None,
                    None,
                )
                for encoder in encoders
                for i, content in enumerate(contents)
            ]
        )
        store.put_files(
            [
                FileEntry(f"/p/{first + i:06}.png", 100, i, (Member("", content),))
                for i, content in enumerate(contents)
            ]
        )
    store.settle()


def tables_of(store: Store, engine: Engine) -> dict[Slot, Table]:
    rows = [found for found in store.encoders() if found.current]
    tables = engine.tables(rows)
    return {found.slot: tables[found.id] for found in rows}
