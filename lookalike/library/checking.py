"""Whether a library is sound: what a check and a repair say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from lookalike.codes.bits import bytes_for
from lookalike.images.parts.nine import PARTS
from lookalike.library.records import EncoderInfo, StoredCode
from lookalike.library.views import fault_of_views

__all__ = [
    "CheckReport",
    "OnCheck",
    "Problem",
    "RepairReport",
    "Saved",
    "code_fault",
    "fault_of_code",
    "report_of",
]

OnCheck: TypeAlias = Callable[[str, int], object]
"""Called now and then with what is being done, such as ``table codes``, and the rows so far."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a library, or worth a word.

    Attributes:
        where: such as ``table codes``, ``index contents_by_bytes`` or ``cache of photo``.
        what: is wrong, in plain words.
        rows: how many rows it concerns, as far as they can be counted; 0 where it is no rows.
        remedy: what helps.
        harmless: whether nothing has to be done: no answer is wrong, and nothing is lost.
    """

    where: str
    what: str
    rows: int
    remedy: str
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        path: where the library is.
        sound: whether nothing is wrong.
        problems: what is wrong.
        notes: what is harmless, and worth a word.
    """

    path: str
    sound: bool
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a repair did with one table.

    Attributes:
        table: its name.
        kept: rows that are in the new file.
        left_out: rows that could be read and are wrong, or refer to rows that are gone.
        unread: places in the damaged file whose rows can't be read; how many rows were there isn't
            known.
    """

    table: str
    kept: int
    left_out: int
    unread: int


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did.

    Attributes:
        path: where the library is.
        action: ``nothing`` where it was sound, ``cache`` where only the cache was deleted, and
            ``file`` where the file was made anew.
        problems: that were found.
        damaged: the file as it was, if it was made anew.
        tables: what became of the tables.
    """

    path: str
    action: str
    problems: tuple[Problem, ...]
    damaged: str | None = None
    tables: tuple[Saved, ...] = ()


def report_of(path: str, found: Iterable[Problem]) -> CheckReport:
    """A report from what was found."""
    problems = tuple(found)
    wrong = tuple(problem for problem in problems if not problem.harmless)
    notes = tuple(problem for problem in problems if problem.harmless)
    return CheckReport(path, not wrong, wrong, notes)


def fault_of_code(encoder: EncoderInfo, code: StoredCode) -> str | None:
    """What is wrong with a code, by what its encoder makes; ``None`` if nothing is."""
    return code_fault(encoder.bits, encoder.embedding_size, *code[2:])


def code_fault(
    bits: int,
    embedding_size: int,
    code: object,
    embedding: object,
    quality: object,
    parts: object,
    views: object,
) -> str | None:
    """As :func:`fault_of_code`, of the single values."""
    width, padding = bytes_for(bits), -bits % 8
    if not isinstance(code, bytes) or len(code) != width:
        return "codes of the wrong size"
    last = (1 << padding) - 1
    if code[-1] & last:
        return "codes with bits behind their end"
    if embedding_size == 0:
        if embedding is not None:
            return "embeddings of an encoder that makes none"
    elif not isinstance(embedding, bytes) or len(embedding) != embedding_size:
        return "embeddings of the wrong size"
    if quality is not None and not (isinstance(quality, int) and 0 <= quality <= 100):
        return "qualities beyond 0 to 100"
    if parts is not None:
        if not isinstance(parts, bytes) or len(parts) != width * len(PARTS):
            return "codes of parts of the wrong size"
        if any(byte & last for byte in parts[width - 1 :: width]):
            return "codes of parts with bits behind their end"
    return None if views is None else fault_of_views(views, bits)
