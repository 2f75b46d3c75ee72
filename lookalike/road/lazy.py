"""An encoder whose model is loaded only when a picture needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lookalike.types import Encoder, InputSpec

__all__ = ["LazyEncoder"]


class LazyEncoder:
    """What an encoder takes in, which is known at once, and the encoder, which takes a while.

    Args:
        input: of the encoder.
        load: gives the encoder; called once, by whichever thread is first.
    """

    def __init__(self, input: InputSpec, load: Callable[[], Encoder]) -> None:  # noqa: A002
        self.input = input
        self._load = load
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether :meth:`get` answers at once."""
        return self._encoder is not None

    def get(self) -> Encoder:
        """The encoder."""
        with self._lock:
            if self._encoder is None:
                self._encoder = self._load()
            return self._encoder
