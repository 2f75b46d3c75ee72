"""A text to matches.

A text is compared with the embeddings of all pictures, and not with their codes. Models of two
towers are trained so that the cosine of a text's and a picture's raw vectors is large where they
belong together; but all texts lie in one cone and all pictures in another (Liang et al., "Mind the
gap", NeurIPS 2022). The codes are the sides of planes through the middle of the pictures, and every
text lies on the same side of most of them: its code would say that it is a text, and little else.
The cosines themselves can be had exactly, since embeddings are centred by a mean that is known; so
they are what is ranked by, by one product of a matrix with a vector.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.library.catalog import Catalog
from lookalike.library.search import Table
from lookalike.types import Match

__all__ = ["cosines", "text_matches"]

_BLOCK = 16_384  # embeddings that are turned into float32 at a time


def cosines(
    embeddings: npt.NDArray[np.int8], weights: npt.NDArray[np.float32], constant: float
) -> npt.NDArray[np.float32]:
    """The cosine of a text to each picture.

    Args:
        embeddings: int8 (n, d).
        weights: float32 (d,), as :meth:`lookalike.encoders.fits.Fit.query` gives them.
        constant: likewise.
    """
    found = np.empty(len(embeddings), np.float32)
    for start in range(0, len(embeddings), _BLOCK):
        block = embeddings[start : start + _BLOCK].astype(np.float32)
        found[start : start + _BLOCK] = block @ weights
    return found + np.float32(constant)


def text_matches(
    catalog: Catalog,
    table: Table,
    weights: npt.NDArray[np.float32],
    constant: float,
    k: int,
) -> tuple[Match, ...]:
    """The k pictures with the largest cosine to a text, equal ones by id."""
    codes = table.codes
    found = cosines(codes.embeddings, weights, constant)
    rows = np.arange(len(found)) if table.allowed is None else np.flatnonzero(table.allowed)
    if len(rows) > k:
        least = np.partition(found[rows], -k)[-k]
        rows = rows[found[rows] >= least]
    rows = rows[np.argsort(-found[rows], kind="stable")][:k]
    contents = codes.contents[rows].tolist()
    pictures = catalog.pictures_of(contents)
    matches = [
        Match(
            id=picture.id,
            path=picture.path,
            kind="alike",
            code=codes.encoder.name,
            distance=None,
            bits=codes.encoder.bits,
            similarity=float(found[row]),
            width=picture.width,
            height=picture.height,
        )
        for row, content in zip(rows.tolist(), contents, strict=True)
        for picture in pictures[content]
    ]
    return tuple(matches[:k])
