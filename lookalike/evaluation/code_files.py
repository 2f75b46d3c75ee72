"""Codes kept in a file, each with the digest of its picture's pixels, by which it is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.datasets.reading import pixel_digests
from lookalike.encoders.learned_from import LearnedFrom
from lookalike.errors import LookalikeError
from lookalike.evaluation.kept_codes import KeptCodes, directions, keep
from lookalike.evaluation.protocols import Coded

__all__ = ["keep_codes"]


def keep_codes(file: Path, coded: Coded, learned_from: LearnedFrom | None = None) -> int:
    """Write the codes of all queries and of the database, each picture once.

    The file is an ``.npz`` of ``codes`` (packed, uint8 (n, bytes)), ``bits``, ``digests`` (SHA-256
    of the pixels, uint8 (n, 32)) and, where the model has them, ``embeddings`` (float16 (n, d), of
    length 1). Rows are in the order of their digests, so that the same pictures give the same file
    whatever their order. :func:`lookalike.evaluation.model_codes.open_maker` reads it.

    Args:
        file: to be written; its folder must exist.
        coded: the codes.
        learned_from: what the model learned from, to be kept with them.

    Returns:
        Number of rows.

    Raises:
        LookalikeError: a picture can't be read.
        OSError: the file can't be written.
    """
    split = coded.split
    digests = pixel_digests(split.database)
    codes, embeddings = coded.database, None if coded.embeddings is None else coded.embeddings[1]
    if split.queries is not split.database:
        digests = digests + pixel_digests(split.queries)
        codes = np.concatenate([codes, coded.queries])
        if coded.embeddings is not None:
            embeddings = np.concatenate([coded.embeddings[1], coded.embeddings[0]])
    if not digests:
        raise LookalikeError("there are no codes to keep")
    keys = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
    _, rows = np.unique(keys.view(np.dtype((np.void, 32))).ravel(), return_index=True)
    found = None if embeddings is None else directions(embeddings[rows])
    kept = KeptCodes(
        coded.model, coded.bits, codes[rows], found, keys[rows], learned_from=learned_from
    )
    keep(file, kept)
    return len(rows)
