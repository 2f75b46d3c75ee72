"""Who runs: one process at a time indexes a library in Milvus, which has no locks."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from lookalike.errors import LibraryError, LibraryLockedError
from lookalike.remote.milvus.books import Book, Record
from lookalike.remote.milvus.connection import Connection

__all__ = ["Runs", "holder"]

_log = logging.getLogger(__name__)

_BEAT: Final = 20.0  # seconds between signs of life
_LEASE: Final = 120.0  # seconds without one after which a run is taken for dead
_DOUBT: Final = 10.0  # seconds for one that lost the server as well to come back
_TRIES: Final = 4


class Runs:
    """The runs of one library; each leaves a record while it goes on.

    Args:
        connection: to the server.
        collection: of the records.
        location: of the library, for messages.
    """

    def __init__(self, connection: Connection, collection: str, location: str) -> None:
        self._book = Book(connection, collection, "run")
        self._connection, self._location = connection, location
        self._running = threading.Lock()

    @contextmanager
    def alone(self) -> Iterator[list[str]]:
        """Be the only one who runs; gives the runs that died, for :meth:`bury`.

        Raises:
            LibraryLockedError: somebody else runs.
        """
        if not self._running.acquire(blocking=False):
            raise LibraryLockedError(
                f"another thread is writing to {self._location}: wait until it ends (searching"
                " goes on)"
            )
        token = secrets.token_hex(8)
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(token, over), daemon=True)
        try:
            self._connection.refresh()
            died = self._take(token)
            beating.start()
            yield died
            over.set()
            beating.join()
            self._book.drop([token])
        except LibraryLockedError:
            raise
        except BaseException:
            over.set()
            self._fail(token)
            raise
        finally:
            self._running.release()

    def bury(self, died: list[str]) -> None:
        """Forget runs that died, when what they left half done is mended."""
        self._book.drop(died)

    def _take(self, token: str) -> list[str]:
        """Become the only one.

        Each writes that it wants to, and then looks whether anybody else does: of two at least the
        second one sees the first. Who sees another one steps back.
        """
        alive: list[list[Any]] = []
        for attempt in range(_TRIES):
            self._book.put({token: Record(_sign("wants"))})
            others = {key: value for key, value in self._book.all() if key != token}
            dead = [key for key, value in others.items() if not _is_alive(value)]
            if any(_is_overdue(others[key]) for key in dead):
                time.sleep(_DOUBT)
                self._connection.refresh()
                again = dict(self._book.all())
                dead = [key for key in dead if key in again and not _is_alive(again[key])]
            alive = [value for key, value in others.items() if key not in dead]
            if not alive:
                self._book.put({token: Record(_sign("runs"))})
                return dead
            self._book.drop([token])
            if any(value[0] == "runs" for value in alive) or attempt == _TRIES - 1:
                break
            time.sleep(secrets.randbelow(1_000) / 1_000)
        who = next((value for value in alive if value[0] == "runs"), alive[0])
        raise LibraryLockedError(
            f"{_name(who)} is writing to {self._location}: wait until it ends (searching goes on);"
            f" if it was killed on another machine, wait {_LEASE:.0f} seconds"
        )

    def _beat(self, token: str, over: threading.Event) -> None:
        while not over.wait(_BEAT):
            try:
                self._book.put({token: Record(_sign("runs"))})
            except LibraryError as error:  # the run itself meets it, too
                _log.info("no sign of life could be given: %s", error)

    def _fail(self, token: str) -> None:
        """Leave a sign that what was begun may be half done."""
        try:
            if token in self._book.get([token]):
                self._book.put({token: Record(["failed", *_sign("")[1:]])})
        except LibraryError as error:
            _log.info("a run that failed could not say so: %s", error)


def holder(connection: Connection, collection: str) -> str:
    """Who runs, in words; empty where nobody does."""
    found = [value for _, value in Book(connection, collection, "run").all()]
    return next((_name(value) for value in found if _is_alive(value)), "")


def _sign(state: str) -> list[Any]:
    return [state, socket.gethostname(), os.getpid(), time.time()]


def _name(value: list[Any]) -> str:
    return f"process {value[2]} on {value[1]}"


def _is_overdue(value: list[Any]) -> bool:
    return bool(value[0] != "failed" and time.time() - value[3] > _LEASE)


def _is_alive(value: list[Any]) -> bool:
    """Whether a run that left this sign goes on."""
    state, host, process, _ = value
    if state == "failed" or _is_overdue(value):
        return False
    if host != socket.gethostname() or process == os.getpid() or sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
