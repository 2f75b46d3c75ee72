"""The decorator of every compiled kernel: Numba, without the interpreter's lock, cached on disk.

Numba keeps machine code in ``__pycache__`` beside the source, else in the user's cache folder.
Where neither can be written (a read-only installation and no home, as in some containers) it
refuses to compile at all; a kernel is then compiled anew in each process, which is slow to start
and works.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

__all__ = ["compiled"]

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)


def compiled(*signatures: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function with Numba: ``nogil``, cached where possible, never ``parallel``.

    Division by zero gives what NumPy gives and doesn't raise: no branch in the loops. Arithmetic is
    never reordered, so that the results don't depend on the machine.

    Args:
        signatures: Numba types such as ``"void(uint64[:, ::1], int64)"`` that the kernel is
            compiled for when it is defined; no other types are accepted then. Without any, it is
            compiled at each first call with new types, and a cache that fails at that moment (a
            disk that has filled up) is an error: give signatures where the types are known. An
            array type in a signature takes no read-only array (such as a file mapped for reading)
            unless it is ``numba.types.Array(numba.uint64, 2, "C", readonly=True)``: takes both.

    Returns:
        A decorator that keeps the function's type.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        def compile_it(cache: bool) -> Callable[P, R]:
            jit: Any = numba.njit
            decorator = jit(list(signatures) or None, nogil=True, cache=cache, error_model="numpy")
            return cast("Callable[P, R]", decorator(function))

        try:
            return compile_it(cache=True)
        except (RuntimeError, OSError) as error:
            # RuntimeError: "no locator available"; OSError: the cache's disk is full or went away.
            if isinstance(error, RuntimeError) and "cannot cache function" not in str(error):
                raise
            _log.warning(
                "compiled code of %s can't be cached, so each start compiles it anew; "
                "set NUMBA_CACHE_DIR to a folder that can be written (%s)",
                function.__qualname__,
                error,
            )
            return compile_it(cache=False)

    return decorate
