"""What the server does on request and takes its time for: one job after the other, in a thread."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from lookalike.errors import LookalikeError
from lookalike.server.answers import ApiError
from lookalike.server.faults import fault_of
from lookalike.server.times import now_text

__all__ = ["ENDED", "Job", "Jobs", "State", "What"]

_log = logging.getLogger(__name__)

What: TypeAlias = Literal["duplicates", "index", "selftest", "map", "apply", "undo"]
"""What a job does."""

State: TypeAlias = Literal["waiting", "running", "done", "stopped", "failed"]
"""Where a job stands; what a stopped one had found is kept."""

ENDED: Final = ("done", "stopped", "failed")
"""States that no other follows."""

_WAITING = 8  # at most
_KEPT = 50  # that have ended
_CLOSE_SECONDS = 4.0

Work: TypeAlias = Callable[["Job"], Mapping[str, Any]]
"""Does a job, and gives what came of it in the terms of JSON."""


@dataclass(eq=False)
class Job:
    """One job.

    Attributes:
        id: 24 characters, drawn at random.
        what: it does.
        options: as they were asked for.
        state: where it stands.
        stage: of the work, in a word.
        done: of this stage so far.
        total: of this stage in all; ``None`` where that isn't known yet.
        result: what came of it; ``None`` until it has ended.
        error: what went wrong; ``None`` where nothing did.
        begun: when it began, ISO 8601, in UTC; ``None`` while it waits.
        ended: when it ended, likewise.
        stop: set to end it early.
        version: grows with every change.
    """

    what: What
    options: Mapping[str, Any]
    work: Work
    id: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    state: State = "waiting"
    stage: str = ""
    done: int = 0
    total: int | None = None
    result: Mapping[str, Any] | None = None
    error: ApiError | None = None
    begun: str | None = None
    ended: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    version: int = 0

    def tell(self, stage: str, done: int, total: int | None) -> None:
        """How far the work is; from the thread that does it."""
        self.stage, self.done, self.total = stage, done, total
        self.version += 1


class Jobs:
    """All jobs of a server; any number of threads may ask."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, what: What, options: Mapping[str, Any], work: Work) -> Job:
        """Have something done; one that is asked for and not done yet is not done twice.

        Args:
            what: is done.
            options: that tell it from others.
            work: does it.

        Raises:
            ApiError: too many wait already, or the server ends.
        """
        with self._changed:
            waiting = [job for job in self._jobs.values() if job.state not in ENDED]
            for job in waiting:
                if (job.what, job.options) == (what, options) and not job.stop.is_set():
                    return job
            if len(waiting) > _WAITING or self._closed:
                raise ApiError(
                    503, "busy", f"{len(waiting)} jobs wait already: try again later",
                    {"Retry-After": "10"},
                )  # fmt: skip
            job = Job(what, options, work)
            self._jobs[job.id] = job
            ended = [one for one in self._jobs.values() if one.state in ENDED]
            for one in ended[:-_KEPT]:
                del self._jobs[one.id]
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="lookalike-jobs", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()
            return job

    def get(self, name: str) -> Job:
        """The job of an id.

        Raises:
            ApiError: there is none.
        """
        with self._changed:
            found = self._jobs.get(name)
        if found is None:
            raise ApiError(404, "no_such_job", "the server knows no job with this id")
        return found

    def all(self) -> list[Job]:
        """All that are known, the last one first."""
        with self._changed:
            return list(reversed(self._jobs.values()))

    def cancel(self, job: Job) -> None:
        """End a job early; what it found until then is kept."""
        with self._changed:
            job.stop.set()
            if job.state == "waiting":
                self._end(job, "stopped")

    def close(self) -> None:
        """End all of them; the one that runs gets a few seconds."""
        with self._changed:
            self._closed = True
            for job in self._jobs.values():
                job.stop.set()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (waiting := [j for j in self._jobs.values() if j.state == "waiting"]):
                    if self._closed:
                        return
                    self._changed.wait()
                job = waiting[0]
                if self._closed or job.stop.is_set():
                    self._end(job, "stopped")
                    continue
                job.state, job.begun = "running", now_text()
                job.version += 1
            try:
                job.result = job.work(job)
                self._end(job, "stopped" if job.stop.is_set() else "done")
            except ApiError as error:
                self._fail(job, error)
            except LookalikeError as error:
                _log.warning("the job %s failed: %s", job.what, error)
                self._fail(job, fault_of(error))
            except Exception as error:  # in a thread of its own nobody else would hear of it
                _log.error("the job %s failed", job.what, exc_info=error)
                told = "something unexpected happened: the log of the server says more"
                self._fail(job, ApiError(500, "unexpected", told))

    def _fail(self, job: Job, error: ApiError) -> None:
        job.error = error
        self._end(job, "failed")

    @staticmethod
    def _end(job: Job, state: State) -> None:
        job.ended = now_text()
        job.state = state
        job.version += 1
