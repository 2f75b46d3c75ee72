"""What the interface gives and takes, as dataclasses: answers are made of them, and their schemas.

The order of the fields is that of the keys. What a hit holds is told in :mod:`lookalike.match`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lookalike.errors import Cause
from lookalike.fields import same_as, told
from lookalike.library.ledger import Group
from lookalike.library.run_records import Event
from lookalike.match import Match
from lookalike.matching.compare import Comparison

__all__ = [
    "ID",
    "LEDGER_SHOWN",
    "ChangeEntry",
    "CodeEntry",
    "Error",
    "FolderEntry",
    "Health",
    "LedgerGroup",
    "Links",
    "LossyFile",
    "PairComparison",
    "Picture",
    "PictureDetails",
    "PicturePage",
    "Problem",
    "QueryLinks",
    "QueryRecord",
    "SearchResult",
    "Skip",
    "Status",
    "Token",
]

LEDGER_SHOWN: Final = 200

ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{24}$"}

_PATH = told("absolute; bytes that aren't UTF-8 are lone surrogates (PEP 383)")
_COUNT = told("", schema={"minimum": 0})


@dataclass(frozen=True, slots=True)
class Problem:
    """What it is."""

    code: str = field(metadata=told("for programs: stays the same between versions"))
    message: str = field(metadata=told("for people: what is wrong, and what to do"))


@dataclass(frozen=True, slots=True)
class Error:
    """Everything that goes wrong."""

    error: Problem


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses on this server."""

    self: str
    similar: str
    thumbnail: str
    original: str
    page: str


@dataclass(frozen=True, slots=True)
class QueryLinks:
    """Addresses on this server."""

    self: str
    results: str
    thumbnail: str


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """A picture that was sent to search by."""

    id: str = field(metadata=told("of the query", schema=ID))
    name: str | None = field(
        metadata=told("'upload' with the ending of the name that it was sent under; else null")
    )
    bytes: int = field(metadata=told("size of the file"))
    width: int = field(metadata=same_as(Match, "width"))
    height: int = field(metadata=same_as(Match, "height"))
    expires: str = field(
        metadata=told(
            "when it is forgotten, unless it is asked for before", schema={"format": "date-time"}
        )
    )
    links: QueryLinks


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found."""

    exact: bool = field(metadata=told("whether nothing nearer can have been missed"))
    hits: list[dict[str, Any]] = field(
        metadata=told("best first", schema={"items": {"$ref": "#/components/schemas/Hit"}})
    )
    seconds: Mapping[str, float] = field(
        metadata=told(
            "by stage: decode, encode, open, compare, search, look, total; empty where all was "
            "found before"
        )
    )
    left_out: int = field(
        metadata=told("hits left out, no nearer than unrelated pictures", schema={"minimum": 0})
    )
    next: int | None = field(
        metadata=told("the 'after' of the next hits; null where there are none, or for a search")
    )


@dataclass(frozen=True, slots=True)
class PairComparison(Comparison):
    """What two pictures are to each other."""

    a: str = field(metadata=told("id of the first", schema=ID))
    b: str = field(metadata=told("id of the second", schema=ID))
    previews: bool = field(
        metadata=told("whether previews were compared, since a file isn't what was indexed")
    )


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the library."""

    id: str = field(metadata=told("opaque; stays as long as the file", schema=ID))
    name: str = field(metadata=told("the last part of the path"))
    path: str = field(metadata=same_as(Match, "path"))
    width: int = field(metadata=same_as(Match, "width"))
    height: int = field(metadata=same_as(Match, "height"))
    format: str = field(metadata=told("such as JPEG; RAW for camera raw"))
    bytes: int = field(metadata=told("size of the file"))
    modified: str = field(
        metadata=told("time of the file's last change", schema={"format": "date-time"})
    )
    member: str | None = field(metadata=same_as(Match, "member"))
    taken: str | None = field(
        metadata=told("when, as the file says: ISO 8601, with an offset where one is said")
    )
    away: bool = field(metadata=told("whether the file can't be seen now"))
    links: Links


@dataclass(frozen=True, slots=True)
class PicturePage:
    """Some pictures of the library."""

    pictures: list[Picture]
    next: str | None = field(metadata=told("the 'after' of the next page; null on the last one"))
    total: int = field(metadata=told("pictures in all that fit what was asked"))


@dataclass(frozen=True, slots=True)
class PictureDetails(Picture):
    """All about one picture."""

    sha256: str = field(metadata=told("of the file, when it was indexed"))
    unchanged: bool = field(metadata=told("whether the file is there with that size and time"))
    copies: list[str] = field(
        metadata=told(
            "other files with the same bytes",
            schema={"items": ID},
        )
    )
    camera: str | None = field(metadata=told("make and model, as the file says"))
    lens: str | None = field(metadata=told("as the file says"))
    software: str | None = field(metadata=told("that wrote the file, as it says"))
    latitude: float | None = field(metadata=told("in degrees; only with position=true"))
    longitude: float | None = field(metadata=told("in degrees; only with position=true"))
    altitude: float | None = field(metadata=told("in metres; only with position=true"))


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code of the library."""

    name: str
    bits: int = field(metadata=_COUNT)
    fingerprint: str = field(metadata=told("of the encoder that made the codes"))
    pictures: int = field(metadata=_COUNT)
    stale: int = field(metadata=told("pictures whose code is of another version"))
    index: str = field(metadata=told("which index answers, and why"))
    texts: bool = field(metadata=told("whether its model knows texts, see /api/v1/text"))


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One folder of the library."""

    path: str = field(metadata=_PATH)
    online: bool = field(metadata=told("whether it can be reached now"))
    pictures: int = field(metadata=_COUNT)
    exclude: tuple[str, ...] = field(metadata=told("patterns that leave files out"))
    everything: bool = field(metadata=told("whether programs' own folders are looked through"))
    note: str = field(metadata=told("why it is offline, such as 'is not there'; else empty"))


@dataclass(frozen=True, slots=True)
class Skip:
    """A file without a code."""

    path: str = field(metadata=_PATH)
    status: Literal["skipped", "failed"]
    cause: Cause = field(
        metadata=told("what for: file, kind and limit are in the file, the others aren't")
    )
    reason: str


@dataclass(frozen=True, slots=True)
class LossyFile:
    """A file that is indexed though some of it is lost."""

    path: str = field(metadata=_PATH)
    reason: str = field(metadata=told("what is lost"))


@dataclass(frozen=True, slots=True)
class LedgerGroup:
    """Files with one cause."""

    name: Group
    files: int = field(metadata=_COUNT)
    title: str = field(metadata=told("what is the matter with them"))
    advice: str = field(metadata=told("what to do"))


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """What became of one file."""

    what: Event
    path: str = field(metadata=_PATH)
    source: str | None = field(
        metadata=told("where it was before, if it was moved; else null", key="from")
    )


@dataclass(frozen=True, slots=True)
class Status:
    """What the library holds."""

    version: str = field(metadata=told("of lookalike"))
    pictures: int = field(metadata=told("files that a search can find"))
    distinct: int = field(metadata=told("pictures that differ in content among them"))
    missing: int = field(metadata=told("files that were indexed and are gone, or left out now"))
    read_only: bool = field(metadata=told("whether the library can only be read here"))
    codes: list[CodeEntry]
    folders: list[FolderEntry]
    skipped: int = field(metadata=told("files without a code, by policy"))
    failed: int = field(metadata=told("files that couldn't be read"))
    ledger: list[Skip] = field(metadata=told(f"the first {LEDGER_SHOWN} of them"))
    lossy: int = field(metadata=told("files that were read with a loss", schema={"minimum": 0}))
    losses: list[LossyFile] = field(metadata=told(f"the first {LEDGER_SHOWN} of them"))
    groups: list[LedgerGroup] = field(
        metadata=told("the ledger and the losses by what is the matter, all of them counted")
    )
    changes: list[ChangeEntry] = field(
        metadata=told(f"the first {LEDGER_SHOWN} changes of the last run that changed files")
    )
    changes_count: int = field(metadata=told("how many there were", schema={"minimum": 0}))
    needs_token: bool = field(metadata=told("whether this server asks for a token"))
    upload_bytes: int = field(metadata=told("the largest file that can be sent"))
    changes_allowed: bool = field(metadata=told("whether this server lets anybody change files"))
    scopes: list[str] = field(metadata=told("what whoever asks may do: read, decide, change"))


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the server answers."""

    status: Literal["ok"]
    ready: bool = field(
        metadata=told("whether models and kernels are loaded: the next search is fast")
    )


@dataclass(frozen=True, slots=True)
class Token:
    """What logs in."""

    token: str
