"""The codes of one encoder with the files that they are of: what files of other programs take.

A row is a file that is there, or a later picture in one. Such a file holds less than a library: no
decisions, no embeddings, no parts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from lookalike.errors import LibraryError, UsageError
from lookalike.library.moving.place_rows import PlaceRows
from lookalike.library.moving.rows import Column, Row, Table, portions
from lookalike.library.records import EncoderInfo
from lookalike.library.store import Store
from lookalike.types import Slot

__all__ = ["COLUMNS", "NAMES", "encoder_of", "flat_rows", "flat_table"]

COLUMNS: Final = (
    Column("path", "bytes"),
    Column("member", "text"),
    Column("digest", "bytes", 32),
    Column("size", "int"),
    Column("mtime_ns", "int"),
    Column("format", "text"),
    Column("width", "int"),
    Column("height", "int"),
    Column("taken", "text"),
    Column("camera", "text"),
    Column("content", "int"),
    Column("quality", "int"),
)
"""All columns but the last one, which is the code."""

NAMES: Final = (*(column.name for column in COLUMNS), "code")

_PORTION = 2_000


def flat_table(bits: int) -> Table:
    """The table of such a file.

    Args:
        bits: of the codes.
    """
    return Table("codes", (*COLUMNS, Column("code", "bytes", (bits + 7) // 8)))


def encoder_of(store: Store, slot: Slot) -> EncoderInfo:
    """The encoder that answers for a slot.

    Raises:
        UsageError: the library has none.
    """
    for row in store.encoders():
        if row.slot == slot and row.current:
            return row
    raise UsageError(f"{store.location} has no {slot} codes: 'lookalike index FOLDER' makes them")


def flat_rows(store: Store, encoder: EncoderInfo) -> Iterator[Row]:
    """The files that are there, each with the codes of its pictures, in the order of their ids.

    Raises:
        LibraryError: the library changed meanwhile.
    """
    codes = {code.content: code for code in store.codes(encoder.id)}
    for some in portions(PlaceRows(store).files(), _PORTION):
        members = [(file, member) for file in some if file.present for member in file.members]
        wanted = list(dict.fromkeys(member.content for _, member in members))
        looks, shots = store.appearances(wanted), store.shots(wanted)
        for file, member in members:
            code = codes.get(member.content)
            if code is None:
                continue  # the next index makes it
            look, shot = looks.get(member.content), shots.get(member.content)
            if look is None:
                raise LibraryError(f"{store.location} changed while it was read: run again")
            yield (
                os.fsencode(file.path),
                member.name,
                look.key.digest,
                file.size,
                file.mtime_ns,
                look.format,
                look.width,
                look.height,
                None if shot is None else shot.taken,
                "" if shot is None else shot.camera,
                int(member.content),
                code.quality,
                code.code,
            )
