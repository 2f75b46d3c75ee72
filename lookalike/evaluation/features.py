"""The features of a data set's pictures by a model: shipped, kept earlier, or computed now."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lookalike.datasets import Subset
from lookalike.encoders import registry
from lookalike.errors import LookalikeError, UsageError
from lookalike.evaluation.kept_codes import KeptCodes, directions, keep, read_codes
from lookalike.evaluation.model_codes import open_maker
from lookalike.system.cache import cache_folder

__all__ = ["features_of"]

_log = logging.getLogger(__name__)


def features_of(
    model: str,
    subset: Subset,
    digests: Sequence[bytes],
    *,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> KeptCodes:
    """Codes and, where the model has them, embeddings of all pictures of a subset, in its order.

    They are taken out of the file that is shipped beside the model, else out of the user's cache;
    if neither has all of them, they are computed, and kept there.

    Args:
        model: its name, or the path of its ``.onnx`` file.
        subset: the pictures.
        digests: SHA-256 of the pixels of each.
        threads: of the model.
        progress: called with a number of pictures that were computed.

    Returns:
        One row for each picture, embeddings float16 of length 1.

    Raises:
        UsageError: there is no such model.
        ModelError: its file is missing or damaged.
        LookalikeError: a picture can't be read, or there are none.
    """
    if not len(subset):
        raise LookalikeError("there are no pictures to search")
    cache = _cache(model, digests, threads)
    for file in (registry.features_path(model), cache):
        if file is None or not file.is_file():
            continue
        try:
            kept = read_codes(file)
        except (UsageError, OSError) as error:
            if file != cache:
                raise
            _log.info("%s is made anew: %s", file, error)
            continue
        rows = kept.rows(digests)
        if (rows >= 0).all():
            embeddings = None if kept.embeddings is None else kept.embeddings[rows]
            return replace(kept, codes=kept.codes[rows], embeddings=embeddings, digests=None)
        _log.info("%s lacks %d of the pictures", file.name, (rows < 0).sum())
    _log.info("computing the features of %d pictures with %s", len(subset), model)
    source = open_maker(model, threads=threads)
    made = source.of(subset, progress)
    found = KeptCodes(
        source.name,
        source.bits,
        made.codes,
        None if made.embeddings is None else directions(made.embeddings),
        np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32),
    )
    try:
        keep(cache, found)
    except OSError as error:
        _log.info("the features can't be kept: %s", error)
    return found


def _cache(model: str, digests: Sequence[bytes], threads: int | None) -> Path:
    """Where features of these pictures by this model are kept."""
    fingerprint = registry.fingerprint(model) or registry.load(model, threads=threads).fingerprint
    data = hashlib.sha256(b"".join(sorted(digests))).hexdigest()[:16]
    return cache_folder("features") / f"{fingerprint}-{data}.npz"
