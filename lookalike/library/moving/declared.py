"""An encoder of which only what a store keeps is known: it encodes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lookalike.errors import EncoderMismatchError
from lookalike.types import Encoded, InputSpec, Pixels

__all__ = ["Declared"]


@dataclass(frozen=True, slots=True)
class Declared:
    """An :class:`lookalike.types.Encoder` as a library has it down.

    Attributes:
        name: of the code.
        fingerprint: of the encoder that made the codes.
        bits: width of the code.
        embedding_size: width of the embedding, 0 where there is none.
        input: nothing takes it.
    """

    name: str
    fingerprint: str
    bits: int
    embedding_size: int
    input: InputSpec = field(default_factory=lambda: InputSpec(1, "stretch"))

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        """Refuse.

        Raises:
            EncoderMismatchError: always.
        """
        raise EncoderMismatchError(f"{self.name} is known by its codes only: it encodes nothing")
