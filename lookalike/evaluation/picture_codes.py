"""Codes of real pictures to measure searches on: PDQ codes, and a trained model's of CIFAR-10."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from lookalike.datasets import cifar10
from lookalike.encoders import registry
from lookalike.errors import LookalikeError, UsageError
from lookalike.evaluation.code_sets import CodeSet, split
from lookalike.images.fitting import fit
from lookalike.sources.walk import Found, walk
from lookalike.system.cache import cache_folder
from lookalike.system.replacing import replacing
from lookalike.types import Codes, Encoder, Pixels

__all__ = ["cifar10_codes", "file_codes", "pdq_codes"]

_log = logging.getLogger(__name__)

_BATCH = 256
_LEAST_SIDE = 0.5  # of a crop, as a share of the picture's side


def pdq_codes(
    folder: Path,
    size: int | None,
    queries: int,
    seed: int = 0,
    *,
    progress: Callable[[int], object] | None = None,
) -> CodeSet:
    """PDQ codes of the pictures below a folder, and of random crops of them.

    A picture gives one code, or, where more codes are wanted than there are pictures, as many
    random crops of at least half of each side as it takes. The codes are kept in the user's cache
    folder.

    Args:
        folder: of pictures, walked recursively.
        size: of the database; as many as there are pictures, without the queries, if omitted.
        queries: how many.
        seed: of the crops and of the shuffle.
        progress: called with a number of codes made.

    Raises:
        LookalikeError: there is no picture.
        UsageError: ``size`` or ``queries`` out of range.
    """
    paths = [found.path for found in walk(folder) if isinstance(found, Found)]
    if not paths:
        raise LookalikeError(f"no picture in {folder}")
    wanted = len(paths) if size is None else size + queries
    crops = -(-wanted // len(paths))
    encoder = registry.load("pdq")
    key = "\n".join([str(folder.resolve()), encoder.fingerprint, f"{seed} {crops}", *sorted(paths)])
    file = _cache() / f"pdq-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:16]}.npy"
    if file.exists():
        codes: Codes = np.load(file)
    else:
        codes = _encoded(encoder, _crops(sorted(paths), crops, seed, encoder), progress)
        _keep(file, codes)
    made = split("pdq", encoder.bits, codes, size, queries, seed)
    told = f"PDQ codes of {len(paths):,} pictures"
    if crops > 1:
        told += f", {crops} random crops each"
    return CodeSet(made.name, made.bits, made.codes, made.queries, f"{len(made.codes):,} {told}")


def cifar10_codes(
    data: Path, name: str | None, size: int | None, queries: int, seed: int = 0
) -> CodeSet:
    """Codes of CIFAR-10's pictures by a trained model.

    Queries are test pictures. The database is the 50,000 training pictures, and for a larger
    ``size`` also test pictures, so that at 60,000 the queries are in it.

    Args:
        data: the folder that holds ``cifar-10-batches-py``.
        name: of the encoder, or the path of its ``.onnx`` file; if omitted, the shipped model
            whose name begins with ``cifar10``.
        size: of the database; 50,000 if omitted.
        queries: how many, at most 10,000.
        seed: of the choice of the queries.

    Raises:
        UsageError: there is no such model, or ``size`` or ``queries`` are out of range.
        LookalikeError: the data set isn't what it should be.
        OSError: it can't be read.
    """
    size = 50_000 if size is None else size
    if not 1 <= size <= 60_000 or not 1 <= queries <= 10_000:
        raise UsageError(
            "CIFAR-10 gives 1 to 60,000 codes and 1 to 10,000 queries, "
            f"not {size:,} and {queries:,}"
        )
    encoder = registry.load(name or _cifar10_model())
    folder = data / cifar10.FOLDER
    key = f"{folder.resolve()} {encoder.fingerprint}"
    file = _cache() / f"cifar10-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if file.exists():
        codes: Codes = np.load(file)
    else:
        batches = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
        pictures = (
            np.asarray(fit(Image.fromarray(picture), encoder.input))
            for batch in batches
            for picture in cifar10.read_batch(folder / batch).pictures
        )
        codes = _encoded(encoder, pictures, None)
        _keep(file, codes)
    chosen = 50_000 + np.random.default_rng(seed).permutation(10_000)[:queries]
    members = "; the queries are among them" if size == 60_000 else ""
    return CodeSet(
        "cifar10",
        encoder.bits,
        codes[:size],
        codes[chosen],
        f"{size:,} codes of CIFAR-10 by {encoder.name}, {encoder.bits} bits{members}",
    )


def file_codes(file: Path, bits: int | None, size: int | None, queries: int, seed: int) -> CodeSet:
    """Codes from a file that ``lookalike encode`` wrote, or any ``.npy`` of packed codes.

    Raises:
        UsageError: the file holds no codes, or too few.
        OSError: it can't be read.
    """
    try:
        loaded = np.load(file, allow_pickle=False)
        codes = loaded if isinstance(loaded, np.ndarray) else loaded["codes"]
    except (ValueError, KeyError, EOFError) as error:
        raise UsageError(f"{file} holds no codes: {error}") from error
    if codes.dtype != np.uint8 or codes.ndim != 2:
        raise UsageError(f"{file} holds no packed codes, but {codes.dtype} {codes.shape}")
    return split(file.stem, bits or 8 * codes.shape[1], codes, size, queries, seed)


def _keep(file: Path, codes: Codes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as partial, partial.open("wb") as opened:
        np.save(opened, codes)


def _cache() -> Path:
    return cache_folder("code-sets")


def _cifar10_model() -> str:
    found = [name for name in registry.names() if name.startswith("cifar10")]
    if not found:
        raise UsageError(
            "no model of CIFAR-10 ships with this lookalike: train one, and give its .onnx file "
            "with --encoder"
        )
    return found[0]


def _encoded(
    encoder: Encoder, pictures: Iterator[Pixels], progress: Callable[[int], object] | None
) -> Codes:
    codes: list[Codes] = []
    batch: list[Pixels] = []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == _BATCH:
            codes.append(encoder.encode(batch).codes)
            batch = []
            if progress is not None:
                progress(_BATCH)
    if batch:
        codes.append(encoder.encode(batch).codes)
    if not codes:
        raise LookalikeError("none of the files is a readable picture")
    return np.concatenate(codes)


def _crops(paths: list[str], crops: int, seed: int, encoder: Encoder) -> Iterator[Pixels]:
    rng = np.random.default_rng(seed)
    for path in paths:
        try:
            with Image.open(path) as opened:
                image = ImageOps.exif_transpose(opened).convert("RGB")
        except (OSError, ValueError) as error:
            _log.warning("left out: %s: %s", path, error)
            continue
        for crop in range(crops):
            part = image
            if crop:
                width, height = (
                    max(1, round(side * rng.uniform(_LEAST_SIDE, 1.0))) for side in image.size
                )
                left = int(rng.integers(0, image.width - width + 1))
                top = int(rng.integers(0, image.height - height + 1))
                part = image.crop((left, top, left + width, top + height))
            yield np.asarray(fit(part, encoder.input))
