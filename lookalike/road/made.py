"""A picture with its codes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.encoders.perceptual_hash import PerceptualHash
from lookalike.images.fitting import fit
from lookalike.images.parts.views import Held
from lookalike.types import Codes, Decoded, Encoded, Encoder, Part, Pixels

__all__ = ["SEEN_BY_WHOLE", "Made", "PictureCode", "ViewCodes", "encode_picture"]

K = TypeVar("K", bound=Hashable)

SEEN_BY_WHOLE = 0.5
"""What takes up more of a picture than this has nearly the photo code of the whole, and gets none:
of photographs with a plain edge half have 14 bits of 256 or fewer between the two, and 33 where
less than 0.6 is left. It saves most of what views cost."""


@dataclass(frozen=True, slots=True, eq=False)
class ViewCodes:
    """What one encoder makes of the pictures that a picture holds.

    Attributes:
        codes: packed, uint8 (views, ceil(bits / 8)).
        quality: 0 to 100 of each, uint8 (views,); ``None`` where the encoder doesn't say.
        boxes: where each is, as shares of the picture's sides: left, top, right, bottom.
    """

    codes: Codes
    quality: npt.NDArray[np.uint8] | None
    boxes: tuple[Part, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PictureCode:
    """What one encoder makes of one picture.

    Attributes:
        code: packed, uint8 (ceil(bits / 8),).
        embedding: int8 (d,); ``None`` where the encoder has none.
        quality: 0 to 100; ``None`` where the encoder doesn't say.
        parts: codes of the parts in their order, uint8 (parts, ceil(bits / 8)); no rows where they
            weren't asked for.
        views: codes of the pictures that it holds, as a question has them of its own, but for
            those of which the whole has nearly the code; no rows where it holds none, ``None``
            where they weren't asked for.
    """

    code: npt.NDArray[np.uint8]
    embedding: npt.NDArray[np.int8] | None
    quality: int | None
    parts: Codes
    views: ViewCodes | None = None


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


def encode_picture(
    encoder: Encoder, inputs: Sequence[Pixels], held: Sequence[Held] | None = None
) -> PictureCode:
    """Encode a picture, which comes first, with its parts and what it holds in one call.

    Args:
        encoder: makes the codes.
        inputs: what it takes in of the picture, then of the parts.
        held: what the picture holds; ``None`` where codes of that aren't wanted.
    """
    some = held or ()
    if not isinstance(encoder, PerceptualHash):  # such a hash is another with any border
        some = [one for one in some if one.share < SEEN_BY_WHOLE]
    inner = [np.asarray(fit(Image.fromarray(one.pixels), encoder.input)) for one in some]
    made: Encoded = encoder.encode([*inputs, *inner])
    count = len(inputs)
    embeddings, quality = made.embeddings, made.quality
    return PictureCode(
        made.codes[0],
        None if embeddings is None else embeddings[0],
        None if quality is None else int(quality[0]),
        made.codes[1:count],
        ViewCodes(
            made.codes[count:],
            None if quality is None else quality[count:],
            tuple(one.box for one in some),
        )
        if held is not None
        else None,
    )
