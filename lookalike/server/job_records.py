"""Jobs, as the interface gives and takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lookalike.fields import told
from lookalike.server.jobs import State, What
from lookalike.server.records import ID, Problem

__all__ = ["JobLinks", "JobList", "JobProgress", "JobRecord", "JobRequest"]


@dataclass(frozen=True, slots=True)
class JobLinks:
    """Addresses on this server."""

    self: str
    events: str


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is."""

    stage: str = field(metadata=told("of the work, in a word; empty where it hasn't begun"))
    done: int = field(metadata=told("of this stage so far", schema={"minimum": 0}))
    total: int | None = field(metadata=told("of this stage in all; null where it isn't known yet"))


@dataclass(frozen=True, slots=True)
class JobRecord:
    """Something that takes a while, and goes on by itself."""

    id: str = field(metadata=told("of the job", schema=ID))
    what: What
    options: Mapping[str, Any] = field(metadata=told("as it was asked for"))
    state: State = field(metadata=told("where it stands; of a stopped one what it found is kept"))
    progress: JobProgress
    begun: str | None = field(metadata=told("when; null while it waits for others"))
    ended: str | None = field(metadata=told("when; null until it has"))
    result: Mapping[str, Any] | None = field(metadata=told("what came of it; null until it ended"))
    error: Problem | None = field(metadata=told("what went wrong; null where nothing did"))
    links: JobLinks


@dataclass(frozen=True, slots=True)
class JobList:
    """The jobs of this server."""

    jobs: list[JobRecord] = field(metadata=told("the last one first"))


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is to be done."""

    what: Literal["duplicates", "index", "selftest", "map"]
    kinds: list[str] | None = field(
        default=None,
        metadata=told(
            "of duplicates: same-bytes, same-pixels, edited, part, burst, raw+jpeg; the first "
            "three by default",
            always_in_json=False,
        ),
    )
    under: str | None = field(
        default=None,
        metadata=told("duplicates among the pictures of this folder only", always_in_json=False),
    )
    folders: list[str] | None = field(
        default=None,
        metadata=told(
            "to index, absolute; all that the library knows by default", always_in_json=False
        ),
    )
    sample: int | None = field(
        default=None,
        metadata=told(
            "pictures that a self-test edits; 200 by default",
            always_in_json=False,
            schema={"minimum": 1, "maximum": 100_000},
        ),
    )
