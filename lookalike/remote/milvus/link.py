"""One link to a Milvus server: waits out that it stops and starts, and says so once."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable
from typing import Any, Final

from lookalike.errors import LibraryAwayError, LibraryError, MissingExtraError
from lookalike.library.closing import closed
from lookalike.remote.milvus.certificates import why_not
from lookalike.remote.milvus.logins import is_refused
from lookalike.remote.milvus.place import MilvusPlace
from lookalike.remote.waiting import patiently
from lookalike.system.installing import install_command

__all__ = ["PATIENCE", "CollectionGoneError", "Link"]

_log = logging.getLogger(__name__)

PATIENCE: Final = 120.0
"""Seconds for which a server that doesn't answer is waited for."""

_GONE = 100  # the code of Milvus for a collection that isn't there
_DEADLINE = 30.0  # seconds for one try
# Errors that no second try mends. Others come from a server that isn't ready yet, or not any more.
_FINAL = re.compile(
    r"predicate|express|pars(e|ing)|invalid|cannot|illegal|exceed|too large|not found|privilege"
    r"|auth|permission|denied|already|unsupported|not support|mismatch|should be|must be",
    re.IGNORECASE,
)
_SOON = re.compile(
    r"not ready|unavailable|deadline|timeout|timed out|connect|channel|node|not loaded|"
    r"not fully loaded|shutting|abnormal|delegator|closed|eof|reset|unhealthy",
    re.IGNORECASE,
)


class CollectionGoneError(LibraryError):
    """A collection that isn't there."""


class Link:
    """What is called of one server, by any number of threads.

    Args:
        place: where the server is.
        patience: seconds for which a server that doesn't answer is waited for.

    Raises:
        MissingExtraError: pymilvus isn't installed.
        LibraryError: there is no such server, or it lets nobody in.
    """

    def __init__(self, place: MilvusPlace, *, patience: float = PATIENCE) -> None:
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it would log a failed handshake itself
        try:
            import pymilvus
        except ImportError as error:
            raise MissingExtraError(
                f"libraries in Milvus need pymilvus: {install_command('remote')}"
            ) from error
        # It logs every failed try with a traceback, before anybody can decide to wait.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        self._module = pymilvus
        self.place = place
        self.closed = False
        self._patience = patience
        self._lock = threading.Lock()
        self._client: Any = None

    def call(
        self,
        method: str,
        *args: Any,
        patience: float | None = None,
        deadline: float = _DEADLINE,
        **options: Any,
    ) -> Any:
        """Call a method of ``pymilvus.MilvusClient``, as often as it takes; it must be repeatable.

        Args:
            method: its name.
            args: its arguments.
            patience: seconds for all tries together.
            deadline: seconds for one try.
            options: its options.

        Raises:
            LibraryAwayError: the server wasn't there for too long.
            LibraryError: it refused.
        """

        def once() -> Any:
            if self.closed:
                raise closed(self.place.location)
            client = None
            try:
                client = self._connected()
                return getattr(client, method)(*args, timeout=deadline, **options)
            except Exception as error:
                if _is_final(error):
                    raise self._refusal(error) from error
                if client is None and (why := self._never()):
                    raise LibraryError(why) from error
                self._give_up(client)
                raise LibraryAwayError(
                    f"the server of {self.place.location} doesn't answer ({_reason(error)})"
                ) from error

        seconds = self._patience if patience is None else patience
        return patiently(self.place.location, once, seconds=seconds)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                # Never a shared connection: one that is half up is given up whole, and one that was
                # made with other certificates, or without any, says nothing of this address.
                self._client = self._module.MilvusClient(
                    uri=self.place.uri,
                    user=self.place.user,
                    password=self.place.password,
                    token=self.place.token,
                    db_name=self.place.database,
                    timeout=10.0,
                    dedicated=True,
                    **({"server_pem_path": self.place.ca} if self.place.ca else {}),
                )
            return self._client

    def _never(self) -> str:
        """Why no connection to a server that is there will ever be made; empty for nothing."""
        if why := why_not(self.place):
            return f"no connection to {self.place.server}: {why}"
        if is_refused(self.place):
            return (
                f"{self.place.server} lets nobody in with this user and password, or token: check "
                "them, and LOOKALIKE_MILVUS_PASSWORD and LOOKALIKE_MILVUS_TOKEN"
            )
        return ""

    def _give_up(self, client: Any) -> None:
        """Let go of a connection; other threads may have made another one meanwhile."""
        with self._lock:
            if client is self._client:
                self._client = None
        if client is not None:
            _quietly(client.close)

    def _refusal(self, error: Exception) -> LibraryError:
        told = f"{self.place.server} refused: {_reason(error)}"
        gone = getattr(error, "code", None) == _GONE
        return CollectionGoneError(told) if gone else LibraryError(told)

    def close(self) -> None:
        """Let go; later calls are a ``LibraryClosedError``."""
        self.closed = True
        self._give_up(self._client)

    def schema(self, description: str) -> Any:
        """An empty schema, whose keys are given."""
        return self._module.MilvusClient.create_schema(
            auto_id=False, enable_dynamic_field=False, description=description
        )

    @property
    def types(self) -> Any:
        """The types of fields."""
        return self._module.DataType

    def index(self, vector: str, kind: str = "BIN_FLAT") -> Any:
        """An index over a vector, exact unless another kind is asked for."""
        found = self._module.MilvusClient.prepare_index_params()
        more = {} if kind == "BIN_FLAT" else {"params": {"nlist": 16}}
        found.add_index(vector, index_type=kind, metric_type="HAMMING", **more)
        return found


def _is_final(error: Exception) -> bool:
    """Whether the same call would fail again."""
    code = getattr(error, "code", None)
    text = _reason(error)
    if isinstance(error, ValueError) and "closed" in text:  # by another thread, which gave it up
        return False
    if isinstance(error, TypeError | KeyError | AttributeError | ValueError) and code is None:
        return True
    if type(error).__name__ in ("ParamError", "DataNotMatchException"):
        return True
    if isinstance(code, int) and (code == _GONE or 1100 <= code < 1900):
        return True
    return bool(_FINAL.search(text)) and not _SOON.search(text)


def _reason(error: Exception) -> str:
    """What an error says, in one line."""
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    line = " ".join(str(text).split())
    return line if len(line) <= 200 else f"{line[:200]}..."


def _quietly(close: Callable[[], object]) -> None:
    try:
        close()
    except Exception:  # it is being thrown away, whatever state it is in
        _log.debug("a connection could not be closed", exc_info=True)
