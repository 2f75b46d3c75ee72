"""What a library says of itself and of its work: plain frozen records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lookalike.errors import Cause
from lookalike.library.ledger import LedgerGroup
from lookalike.library.run_records import Change, LossEntry
from lookalike.sources.source import LeftOut
from lookalike.types import Match

__all__ = [
    "CHANGES_SHOWN",
    "Change",
    "CodeStatus",
    "FolderStatus",
    "IndexReport",
    "LedgerEntry",
    "LedgerGroup",
    "LeftOut",
    "LossEntry",
    "OnProgress",
    "Progress",
    "SearchResult",
    "Status",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far indexing is; handed to a callback after every batch.

    Attributes:
        total: files to look at, ``None`` while folders are still being walked.
        done: files dealt with so far, all outcomes together.
        encoded: pictures decoded and encoded so far.
        skipped: files left out by policy so far.
        failed: files that couldn't be read so far.
        stage: ``fitting`` while a model is fitted on some of the pictures, ``total`` of them; else
            ``indexing``.
    """

    total: int | None
    done: int
    encoded: int
    skipped: int
    failed: int
    stage: Literal["fitting", "indexing"] = "indexing"


OnProgress: TypeAlias = Callable[[Progress], None]


CHANGES_SHOWN = 1000
"""Changes of one kind that a report names, at most."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run of indexing did; counts are files.

    Attributes:
        added: new files that gave a code.
        updated: files whose content changed.
        moved: files that kept their code under another path.
        unchanged: files as they were, and files that came back as they were.
        missing: files of the indexed folders that are gone.
        skipped: files left out by policy in this run (see the ledger).
        failed: files that couldn't be read in this run (see the ledger).
        offline: folders, and places in them, whose pictures stay as they are, since their disk
            seems not to be there.
        seconds: wall clock.
        pictures_per_second: pictures decoded and encoded in this run, by second.
        interrupted: stopped by the user; what was done is kept.
        reread: those of the unchanged that were read again, for codes or pictures that they lacked.
        replaced: files whose place another file of the library took.
        left_out: files that leave the library since a pattern leaves them out now.
        unconfirmed: those of ``offline`` that are there, but empty or on another disk: with
            ``gone`` their pictures go.
        same_place: folders that are the same place as another one, by which they are indexed:
            pairs of both.
        patterns: what patterns leave out, by folder.
        changes: what became of known files, at most :data:`CHANGES_SHOWN` of each
            kind.
        changes_count: how many changes there were in all.
        lossy: files of the indexed folders that were read with a loss, now or before; they are
            among the others (see :attr:`Status.losses`).
        shard: which part of all files was looked at, such as ``3/8``; ``None`` for all.
        waiting: files that changed, or may have moved, and that stay as they were known until a run
            over all settles them; 0 after such a run.
    """

    added: int
    updated: int
    moved: int
    unchanged: int
    missing: int
    skipped: int
    failed: int
    seconds: float
    pictures_per_second: float
    offline: tuple[str, ...] = ()
    interrupted: bool = False
    reread: int = 0
    replaced: int = 0
    left_out: int = 0
    unconfirmed: tuple[str, ...] = ()
    same_place: tuple[tuple[str, str], ...] = ()
    patterns: tuple[LeftOut, ...] = ()
    changes: tuple[Change, ...] = ()
    changes_count: int = 0
    lossy: int = 0
    shard: str | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A file that has no code, and why.

    Attributes:
        path: undecodable bytes as lone surrogates (PEP 383).
        status: ``skipped`` by policy, or ``failed``.
        cause: what for: something in the file (``file``, ``kind``, ``limit``), or something that
            may be mended without changing it.
        reason: one line.
    """

    path: str
    status: Literal["skipped", "failed"]
    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class CodeStatus:
    """One code of a library.

    Attributes:
        name: such as ``pdq``.
        bits: width.
        fingerprint: of the encoder that made the codes.
        pictures: distinct pictures that have the code.
        stale: pictures whose code another version of the encoder made; ``reindex`` renews them.
        index: which index answers, and why, in one line.
        model: name or path of the encoder, as a reindex takes it.
        fitted_on: pictures of the library that the encoder was fitted on; ``None`` where it came
            ready made.
        texts: whether the model knows texts, so that words can be searched for.
    """

    name: str
    bits: int
    fingerprint: str
    pictures: int
    stale: int
    index: str
    model: str
    fitted_on: int | None
    texts: bool = False


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """One folder of a library.

    Attributes:
        path: absolute.
        online: whether it can be reached now.
        pictures: files in it that can be found by a search.
        exclude: patterns that leave files out.
        everything: whether folders that programs make for themselves are looked through, too.
        note: why it is not online; or which places in it are not, and why; empty if all is there.
    """

    path: str
    online: bool
    pictures: int
    exclude: tuple[str, ...]
    everything: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A library at a glance.

    Attributes:
        path: of the library's file.
        version: schema version.
        read_only: whether it can only be read here.
        pictures: files that a search can find.
        distinct: pictures that differ in content among them.
        missing: files that were indexed and are gone from their folders.
        library_bytes: size of the SQLite file.
        cache_bytes: size of the mapped code files beside it.
        codes: one entry a code.
        folders: one entry a folder.
        ledger: files without a code, by path.
        changes: what became of known files in the last run that changed any, at most
            :data:`CHANGES_SHOWN`.
        changes_count: how many changes it made in all.
        losses: files that are indexed though some of each is lost, by path.
        groups: the ledger and the losses by what is the matter, and what to do about it.
        previews_bytes: size of the previews beside the library, with features of pictures.
        previews: how many there are.
    """

    path: str
    version: int
    read_only: bool
    pictures: int
    distinct: int
    missing: int
    library_bytes: int
    cache_bytes: int
    codes: tuple[CodeStatus, ...]
    folders: tuple[FolderStatus, ...]
    ledger: tuple[LedgerEntry, ...]
    changes: tuple[Change, ...] = ()
    changes_count: int = 0
    losses: tuple[LossEntry, ...] = ()
    groups: tuple[LedgerGroup, ...] = ()
    previews_bytes: int = 0
    previews: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        query: the path asked with, or a word for pixels in memory.
        exact: whether nothing nearer can have been missed.
        hits: best first.
        seconds: by stage: ``decode``, ``encode``, ``compare`` (which pictures show just the same),
            ``search``, ``look`` (the second look), ``total``.
        searched: distinct pictures that could be found.
        left_out: hits that are left out of the answer, since unrelated pictures are as near: no
            search of a library leaves any out, see :func:`lookalike.library.calibration_cut.cut`.
    """

    query: str
    exact: bool
    hits: tuple[Match, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    searched: int = 0
    left_out: int = 0
