"""A picture to look for, as codes: of itself, of what it seems to hold, and of its parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.encoders.perceptual_hash import PerceptualHash
from lookalike.images.fitting import fit
from lookalike.images.parts.views import views
from lookalike.images.preview import preview_of
from lookalike.shot import Shot
from lookalike.types import Codes, Decoded, Encoded, Encoder, InputSpec, Pixels

__all__ = ["LARGE", "Question", "make_question"]

LARGE = InputSpec(512, "within", "bilinear")
"""What borders and panels are looked for in. The perceptual hashes take the same, so that it costs
nothing more."""


@dataclass(frozen=True, slots=True)
class Question:
    """A picture to look for.

    Attributes:
        content_digest: SHA-256 of its bytes.
        pixel_digest: of all that it shows; ``None`` where that isn't known yet.
        pdq: codes of the rotations and flips of each of its views, uint8 (8 x views, 32).
        pdq_quality: 0 to 100, of each of these codes, uint8 (8 x views,).
        photo: photo code and embedding of each of its views, the whole picture first.
        parts: photo codes and embeddings of its parts, where the library has codes of those of
            its pictures.
        member: which picture of its file it is; empty for the only or the first one.
        size: width and height in pixels, upright, at full size.
        preview: a small JPEG of it; ``None`` where nobody wants one.
        format: Pillow's name of the format; ``array`` for pixels in memory.
        file_bytes: size of the file; 0 for pixels in memory.
        shot: how it was taken, as its file says; ``None`` where it says nothing.
    """

    content_digest: bytes
    pixel_digest: bytes | None
    pdq: Codes | None = None
    pdq_quality: npt.NDArray[np.uint8] | None = None
    photo: Encoded | None = None
    parts: Encoded | None = None
    member: str = ""
    size: tuple[int, int] = (0, 0)
    preview: bytes | None = None
    format: str = ""
    file_bytes: int = 0
    shot: Shot | None = None


def make_question(
    decoded: Decoded, large: Pixels, encoders: Iterable[tuple[Encoder, list[Pixels]]]
) -> Question:
    """Encode a query and the pictures that it holds.

    Args:
        decoded: the query.
        large: its input of :data:`LARGE`, to look for borders and panels in.
        encoders: each encoder with its input of the whole picture, then those of the parts.
    """
    pdq, quality, photo, of_parts = None, None, None, None
    held = views(large)[1:]
    for encoder, (whole, *parts) in encoders:
        asked = [whole]
        asked += [np.asarray(fit(Image.fromarray(view), encoder.input)) for view in held]
        if isinstance(encoder, PerceptualHash):
            turned = [encoder.turned(view) for view in asked]
            pdq = np.concatenate([codes for codes, _ in turned])
            quality = np.repeat(np.array([q for _, q in turned], np.uint8), len(turned[0][0]))
        else:
            photo = encoder.encode(asked)
            if parts:
                of_parts = encoder.encode(parts)
    return Question(
        decoded.content_digest,
        decoded.pixel_digest,
        pdq,
        quality,
        photo,
        of_parts,
        decoded.member,
        (decoded.width, decoded.height),
        preview_of(large),
        decoded.format,
        decoded.file_bytes,
        decoded.shot,
    )
