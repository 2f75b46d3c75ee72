"""What a server answers, as far as this client knows it; whatever else there is, is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from lookalike.types import Kind

__all__ = ["Hit", "Hits", "Job", "Picture", "SentPicture", "made"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit, see :class:`lookalike.Match` for what each field means.

    Attributes:
        id: of the picture, on this server.
        name: last part of its path.
        path: of its file, on the machine of the server.
        kind: what it is to the picture that was asked for.
        code: that found it.
        distance: in bits; ``None`` where codes were not compared.
        bits: width of that code.
        similarity: cosine of the embeddings; ``None`` where they were not compared.
        width: in pixels, upright.
        height: likewise.
        part: where in it the picture that was asked for is; ``None`` where it isn't a part.
        member: which picture of its file it is; ``None`` for the only or the first one.
        chance: hits as near that an unrelated picture would get.
        verified: whether pixels were compared.
        edits: what was done to get from it to the picture that was asked for, each with a ``name``.
        boxes: what both share, where it isn't all.
        burst: whether both are frames of a burst.
        relation: what else they are to each other.
        folded: whether it is no nearer than unrelated pictures are.
        away: whether its file can't be seen now.
    """

    id: str
    name: str
    path: str
    kind: Kind
    code: str
    distance: int | None
    bits: int
    similarity: float | None
    width: int
    height: int
    part: list[float] | None
    member: str | None
    chance: float | None
    verified: bool
    edits: list[dict[str, Any]]
    boxes: list[dict[str, Any]]
    burst: bool
    relation: str | None
    folded: bool
    away: bool


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found.

    Attributes:
        hits: best first.
        exact: whether nothing nearer can have been missed.
        left_out: hits that were left out, no nearer than unrelated pictures.
        next: the ``after`` of the next hits; ``None`` where there are none.
        seconds: that it took, by stage.
    """

    hits: list[Hit]
    exact: bool
    left_out: int
    next: int | None
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the library.

    Attributes:
        id: on this server.
        name: last part of its path.
        path: of its file, on the machine of the server.
        width: in pixels, upright.
        height: likewise.
        format: such as ``JPEG``.
        bytes: of its file.
        modified: when the file was changed last, ISO 8601.
        member: which picture of its file it is; ``None`` for the only or the first one.
        taken: when it was taken, as its file says; ``None`` where it says nothing.
        away: whether its file can't be seen now.
    """

    id: str
    name: str
    path: str
    width: int
    height: int
    format: str
    bytes: int
    modified: str
    member: str | None
    taken: str | None
    away: bool


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture that was sent to search by, and is kept by the server for a while.

    Attributes:
        id: to ask with.
        bytes: of its file.
        width: in pixels, upright.
        height: likewise.
        expires: when it is forgotten, unless it is asked for before; ISO 8601.
    """

    id: str
    bytes: int
    width: int
    height: int
    expires: str


@dataclass(frozen=True, slots=True)
class Job:
    """Something that takes the server a while.

    Attributes:
        id: of the job.
        what: it does.
        state: where it stands.
        progress: how far it is: ``stage``, ``done`` and ``total``.
        result: what came of it; ``None`` until it has ended.
        error: what went wrong, with a ``code`` and a ``message``; ``None`` where nothing did.
    """

    id: str
    what: str
    state: Literal["waiting", "running", "done", "stopped", "failed"]
    progress: dict[str, Any]
    result: dict[str, Any] | None
    error: dict[str, Any] | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing follows."""
        return self.state in ("done", "stopped", "failed")


def made(record: type[T], answer: Mapping[str, Any]) -> T:
    """A record of an answer."""
    known = [field.name for field in fields(record)]  # type: ignore[arg-type]
    return record(**{name: answer[name] for name in known})
