"""Codes of real pictures to measure searches on: PDQ codes, and a trained model's of CIFAR-10."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.datasets import cifar10
from lookalike.encoders import registry
from lookalike.errors import LookalikeError, PictureError, UsageError
from lookalike.evaluation.code_sets import CodeSet, split
from lookalike.images.files import digest
from lookalike.images.fitting import fit
from lookalike.images.formats.registry import suffix_of
from lookalike.road import FULL_SIZE, Road
from lookalike.sources.walk import Found, walk
from lookalike.system.cache import cache_folder
from lookalike.system.replacing import replacing
from lookalike.types import Codes, Encoder, Pixels

__all__ = ["cifar10_codes", "file_codes", "pdq_codes"]

_log = logging.getLogger(__name__)

_KEY, _FULL = "codes", "full"
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
    folder, by what the files hold.

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
    paths.sort()
    held = [f"{_content(path)}{suffix_of(path)}" for path in paths]
    file = _kept(f"pdq-{encoder.fingerprint}", [f"{seed} {crops}", *held])
    codes = _read(file)
    if codes is None:
        codes = _of_files(encoder, paths, crops, seed, progress)
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
    batches = [folder / name for name in cifar10.BATCHES]
    file = _kept(
        f"cifar10-{encoder.fingerprint}", [_content(os.fspath(batch)) for batch in batches]
    )
    codes = _read(file)
    if codes is None:
        pictures = (picture for batch in batches for picture in cifar10.read_batch(batch).pictures)
        codes = _of_pixels(encoder, pictures)
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


def _content(path: str) -> str:
    """What a file holds, as text; why it can't be read, where it can't."""
    try:
        return digest(path).hex()
    except PictureError as error:
        return str(error)


def _kept(name: str, of: Sequence[str]) -> Path:
    """Where codes are kept that are made of what these texts tell."""
    told = hashlib.sha256("\n".join(of).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache_folder("code-sets") / f"{name}-{told}.npy"


def _read(file: Path) -> Codes | None:
    """Codes that were kept; ``None`` where there are none, or no whole ones."""
    try:
        codes = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        _log.info("%s is made anew: %s", file, error)
        return None
    return codes if codes.dtype == np.uint8 and codes.ndim == 2 and len(codes) else None


def _keep(file: Path, codes: Codes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as partial, partial.open("wb") as opened:
        np.save(opened, codes)


def _cifar10_model() -> str:
    found = [name for name in registry.names() if name.startswith("cifar10")]
    if not found:
        raise UsageError(
            "no model of CIFAR-10 ships with this lookalike: train one, and give its .onnx file "
            "with --encoder"
        )
    return found[0]


def _of_files(
    encoder: Encoder,
    paths: Sequence[str],
    crops: int,
    seed: int,
    progress: Callable[[int], object] | None,
) -> Codes:
    """Codes of the pictures that can be read, each followed by those of its crops."""
    codes: list[Codes] = []
    with Road({_KEY: encoder}) as road:

        def work(item: tuple[int, str]) -> Codes:
            number, path = item
            whole = road.code(path).codes[_KEY].code[None]
            if crops == 1:
                return whole
            pixels = road.picture(path, more={_FULL: FULL_SIZE}).inputs[_FULL]
            rng = np.random.default_rng([seed, number])
            cut = _crops(Image.fromarray(pixels), crops - 1, rng)
            made = encoder.encode([np.asarray(fit(crop, encoder.input)) for crop in cut])
            return np.concatenate([whole, made.codes])

        for path, made in road.each(((p, (n, p)) for n, p in enumerate(paths)), work):
            if isinstance(made, PictureError):
                _log.warning("left out: %s: %s", path, made)
                continue
            codes.append(made)
            if progress is not None:
                progress(len(made))
    if not codes:
        raise LookalikeError("none of the files is a readable picture")
    return np.concatenate(codes)


def _of_pixels(encoder: Encoder, pictures: Iterable[Pixels]) -> Codes:
    """Codes of pictures in memory."""
    codes: list[npt.NDArray[np.uint8]] = []
    with Road({_KEY: encoder}) as road:
        for number, made in road.codes(enumerate(pictures)):
            if isinstance(made, PictureError):
                raise LookalikeError(f"picture {number}: {made}") from made
            codes.append(made.codes[_KEY].code)
    return np.stack(codes)


def _crops(image: Image.Image, count: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Random parts of a picture."""
    for _ in range(count):
        width, height = (max(1, round(side * rng.uniform(_LEAST_SIDE, 1.0))) for side in image.size)
        left = int(rng.integers(0, image.width - width + 1))
        top = int(rng.integers(0, image.height - height + 1))
        yield image.crop((left, top, left + width, top + height))
