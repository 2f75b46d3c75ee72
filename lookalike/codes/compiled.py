"""The decorator of every compiled kernel: Numba, without the interpreter's lock, cached on disk.

Numba keeps machine code in ``__pycache__`` beside the source, else in the user's cache folder.
Where neither can be written (a read-only installation and no home, as in some containers) it
refuses to compile at all; a kernel is then compiled anew in each process, which is slow to start
and works.

Numba sees that a kernel's own file has changed, but not that a module has which the kernel calls or
takes a constant or an intrinsic from. What is cached is therefore named for the contents of this
folder and of the kernel's own: after an upgrade, machine code that lays out its memory differently
from the Python code around it would write where it must not.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import event

from lookalike.codes.loading import tell

__all__ = ["compiled"]

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)


class _Announcer(event.Listener):
    """Says once in a process that it compiles, which takes seconds in which nothing else happens.

    Numba tells of compiling, and of nothing where it finds a kernel in its cache on disk.
    """

    def __init__(self) -> None:
        self.kernels: set[Any] = set()
        self.cached = True
        self._said = False

    def on_start(self, found: Any) -> None:
        if self._said or found.data["dispatcher"].py_func not in self.kernels:
            return
        self._said = True
        when = "once after an installation" if self.cached else "as at each start"
        tell(f"compiling code for this processor, {when}; this takes some seconds")

    def on_end(self, found: Any) -> None:
        pass


_announcer = _Announcer()
_register: Any = event.register  # Numba has no types
_register("numba:compile", _announcer)


@cache
def _sources(folder: Path) -> str:
    """A hash of the modules beside this one and of those in ``folder``."""
    digest = hashlib.sha256()
    for path in sorted({*Path(__file__).parent.glob("*.py"), *folder.glob("*.py")}):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def compiled(*signatures: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function with Numba: ``nogil``, cached where possible, never ``parallel``.

    Division by zero gives what NumPy gives and doesn't raise: no branch in the loops. Arithmetic is
    never reordered, so that the results don't depend on the machine.

    Args:
        signatures: Numba types such as ``"void(uint64[:, ::1], int64)"`` that the kernel is
            compiled for when it is defined; no other types are accepted then. Without any, it is
            compiled at each first call with new types, and a cache that fails at that moment (a
            disk that has filled up) is an error. An array type in a signature takes no read-only
            array (such as a file mapped for reading) unless it is
            ``numba.types.Array(numba.uint64, 2, "C", readonly=True)``: that takes both.

    Returns:
        A decorator that keeps the function's type.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        # Numba knows a cached kernel by its name and by its own file's time and size, and would go
        # on using it though a kernel that it calls has changed: the name says more.
        sources = _sources(Path(function.__code__.co_filename).parent)
        function.__qualname__ = f"{function.__qualname__}.{sources}"
        _announcer.kernels.add(function)

        def compile_it(cached: bool) -> Callable[P, R]:
            jit: Any = numba.njit
            decorator = jit(list(signatures) or None, nogil=True, cache=cached, error_model="numpy")
            return cast("Callable[P, R]", decorator(function))

        try:
            return compile_it(cached=True)
        except (RuntimeError, OSError) as error:
            # RuntimeError: "no locator available"; OSError: the cache's disk is full or went away.
            if isinstance(error, RuntimeError) and "cannot cache function" not in str(error):
                raise
            _log.warning(
                "compiled code of %s can't be cached, so each start compiles it anew; "
                "set NUMBA_CACHE_DIR to a folder that can be written (%s)",
                function.__name__,
                error,
            )
            _announcer.cached = False
            return compile_it(cached=False)

    return decorate
