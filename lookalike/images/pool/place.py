"""A place for one child of the pool: filled when it is first needed, filled again after a loss."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from lookalike.errors import LookalikeError
from lookalike.images.pool.child import Child, ChildDied, ChildTimeout, default_command
from lookalike.images.reasons import one_line
from lookalike.types import InputSpec, Limits

__all__ = ["CLOSED", "Place"]

CLOSED = "this decoding pool is closed: open another one"


class Place:
    """One child, or none yet. Only the thread that took the place uses it; any may drop it.

    Args:
        inputs: what the children are told to hand back.
        limits: what one picture may cost.
        command: what starts a child; ``None`` for the usual.
        closed: set when the pool closes.
    """

    def __init__(
        self,
        inputs: Mapping[str, InputSpec],
        limits: Limits,
        command: Sequence[str] | None,
        closed: threading.Event,
    ) -> None:
        self.child: Child | None = None
        self._inputs, self._limits = inputs, limits
        self._command = command
        self._closed = closed

    def drop(self) -> None:
        """End the child, if there is one."""
        child, self.child = self.child, None
        if child is not None:
            child.end()

    def start(self) -> Child:
        """The child, started where there is none that lives; it may still be coming up.

        Raises:
            LookalikeError: it can't be started, or the pool is closed.
        """
        child = self.child
        if child is not None and child.alive:
            return child
        self.drop()  # it ended from outside while it was idle
        try:
            child = self.child = Child(
                self._command or default_command(), self._inputs, self._limits
            )
        except OSError as error:
            raise LookalikeError(f"no decoding process can be started: {error}") from error
        if self._closed.is_set():  # closed while it came up: nobody else would end it
            self.drop()
            raise LookalikeError(CLOSED)
        return child

    def ready(self) -> Child:
        """A child that serves; one that doesn't come up is replaced once.

        Raises:
            LookalikeError: none can be started, or the pool is closed.
        """
        try:
            return self._serving()
        except (ChildDied, ChildTimeout):
            self.drop()
        try:
            return self._serving()
        except (ChildDied, ChildTimeout) as error:
            self.drop()
            if self._closed.is_set():
                raise LookalikeError(CLOSED) from error
            reason = one_line(str(error)) or "it doesn't answer"
            raise LookalikeError(f"no decoding process can be started: {reason}") from error

    def _serving(self) -> Child:
        child = self.start()
        child.wait_ready()
        return child
