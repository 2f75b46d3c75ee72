"""When compiled kernels are loaded: not for the first questions of a process, for all later ones.

Importing Numba and its kernels takes a third of a second, and some seconds more where they have to
be compiled first: more than a command with one question takes in all. So the first questions are
answered in NumPy, and a process that goes on asking loads the kernels beside its work.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["COMPILING", "Loading", "tell", "wait"]

COMPILING = "lookalike.compiling"
"""Name of the logger that is told, once in a process, that kernels are compiled."""

T = TypeVar("T")

_log = logging.getLogger(__name__)
_compiling = logging.getLogger(COMPILING)
_threads: list[threading.Thread] = []
_untold: list[str] = []


def tell(message: str) -> None:
    """Log that kernels are being compiled: now if somebody waits for them, else see :func:`wait`.

    Args:
        message: what to say.
    """
    if threading.current_thread() in _threads:
        _untold.append(message)
    else:
        _compiling.info(message)


def wait(seconds: float) -> None:
    """Wait for what is loaded beside the work, as the end of a process does.

    Args:
        seconds: after which it is told if compiling is what takes so long.
    """
    for thread in _threads:
        thread.join(seconds)
        if thread.is_alive():
            for message in _untold:
                _compiling.info(message)
            thread.join()
    _untold.clear()


class Loading(Generic[T]):
    """Something that takes long to load, and that can be done without for a while.

    Any number of threads may ask.

    Args:
        load: gives it.
        after: uses that are done without it; the next one begins to load it, in a thread. A process
            that ends meanwhile waits for that thread: machine code that is half made must not meet
            the end of the interpreter.
    """

    def __init__(self, load: Callable[[], T], after: int) -> None:
        self._load = load
        self._after = after
        self._uses = 0
        self._begun = False
        self._loaded: T | None = None
        self._lock = threading.Lock()  # of the count
        self._turn = threading.Lock()  # held while loading

    def asked(self, times: int = 1) -> T | None:
        """Count so many uses: what was to be loaded, or ``None`` while it isn't there."""
        if self._loaded is not None:
            return self._loaded
        with self._lock:
            self._uses += times
            begin = self._uses > self._after and not self._begun
            self._begun |= begin
        if begin:
            thread = threading.Thread(target=self._try, name="lookalike-load")
            _threads.append(thread)
            try:
                thread.start()
            except RuntimeError:  # no threads any more: the process is about to end
                _threads.remove(thread)
        return self._loaded

    def now(self) -> T:
        """Load it, unless it is there.

        Raises:
            Exception: what loading raises.
        """
        with self._turn:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _try(self) -> None:
        try:
            self.now()
        except Exception:  # who can do without it goes on so
            _log.warning("compiled kernels can't be loaded: going on without them", exc_info=True)
