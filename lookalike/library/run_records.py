"""What a run of indexing leaves beside the files, record by record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from lookalike.errors import Cause
from lookalike.fields import told
from lookalike.library.records import Member

__all__ = ["Change", "Event", "LossEntry", "Refusal", "Waiting"]


class Waiting(NamedTuple):
    """What a file will hold when the run ends that found it so.

    Attributes:
        path: as of :class:`FileEntry`.
        size: likewise.
        mtime_ns: likewise.
        members: likewise; empty where the file gives no picture any more.
        silent: whether its size and its time of change are as they were.
    """

    path: str
    size: int
    mtime_ns: int
    members: tuple[Member, ...]
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that gave no code, and why.

    Attributes:
        path: as of :class:`FileEntry`.
        size: at the time of the try.
        mtime_ns: likewise.
        status: ``skipped`` by policy, or ``failed``.
        reason: one line.
        cause: whether it is for what is in the file.
        context: what else it may depend on (limits, version), as text that is compared.
        tried: when, in seconds since 1970.
    """

    path: str
    size: int
    mtime_ns: int
    status: Literal["skipped", "failed"]
    reason: str
    cause: Cause = "file"
    context: str = ""
    tried: int = 0


@dataclass(frozen=True, slots=True)
class LossEntry:
    """A file whose picture is indexed, though some of the file is lost.

    Attributes:
        path: undecodable bytes as lone surrogates (PEP 383).
        reason: what is lost, in one line; of a later picture of the file with its name in front.
    """

    path: str
    reason: str


Event: TypeAlias = Literal[
    "moved",
    "updated",
    "replaced",
    "missing",
    "left out",
    "unreadable",
    "returned",
    "changed silently",
]
"""What became of a file.

``replaced``: another file of the library took its place. ``left out``: a pattern, or the list of
programs' own folders, leaves it out now. ``unreadable``: it can't be read or decoded any more; the
ledger says why. ``changed silently``: it has other bytes with the same
size and time of change.
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one file that the library knew.

    Attributes:
        what: happened.
        path: where it is, or was; undecodable bytes as lone surrogates (PEP 383).
        source: where it was before, if it was moved; in JSON this is called ``from``.
    """

    what: Event
    path: str
    source: str | None = field(default=None, metadata=told("", key="from"))
