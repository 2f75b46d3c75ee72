"""A picture with its codes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from lookalike.types import Codes, Decoded, Encoded, Encoder, Pixels

__all__ = ["Made", "PictureCode", "encode_picture"]

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, eq=False)
class PictureCode:
    """What one encoder makes of one picture.

    Attributes:
        code: packed, uint8 (ceil(bits / 8),).
        embedding: int8 (d,); ``None`` where the encoder has none.
        quality: 0 to 100; ``None`` where the encoder doesn't say.
        parts: codes of the parts in their order, uint8 (parts, ceil(bits / 8)); no rows where they
            weren't asked for.
    """

    code: npt.NDArray[np.uint8]
    embedding: npt.NDArray[np.int8] | None
    quality: int | None
    parts: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Made(Generic[K]):
    """A picture that went the road.

    Attributes:
        picture: what decoding found out; its inputs are spent, and left out.
        codes: by the key of the encoder, those that were wanted.
        preview: a small JPEG of it, where it was wanted.
    """

    picture: Decoded
    codes: dict[K, PictureCode]
    preview: bytes | None = None


def encode_picture(encoder: Encoder, inputs: Sequence[Pixels]) -> PictureCode:
    """Encode a picture, which comes first, with its parts in one call."""
    made: Encoded = encoder.encode(inputs)
    embeddings, quality = made.embeddings, made.quality
    return PictureCode(
        made.codes[0],
        None if embeddings is None else embeddings[0],
        None if quality is None else int(quality[0]),
        made.codes[1:],
    )
