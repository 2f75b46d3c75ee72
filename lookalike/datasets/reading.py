"""The pictures of a subset as a network takes them in, decoded by child processes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from lookalike.datasets.subsets import Subset
from lookalike.errors import LookalikeError, PictureError, UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.road import Picture, Road
from lookalike.types import InputSpec, Pixels

__all__ = ["Damaged", "in_memory", "pixel_digests", "prepared", "prepared_picture", "refusal"]

_log = logging.getLogger(__name__)

Damaged = Literal["refuse", "leave out"]
"""What to do about a file that can't be read."""

_NAME = "picture"


def prepared(
    subset: Subset,
    spec: InputSpec,
    *,
    damaged: Damaged = "refuse",
    workers: int | None = None,
) -> Iterator[tuple[int, Pixels]]:
    """The pictures of a subset, brought to a specification.

    Pictures in memory and files take the same way from pixels on. Memory stays bounded, however
    many pictures there are.

    Args:
        subset: whose pictures.
        spec: what is wanted, such as an encoder's ``input``.
        damaged: whether a file that can't be read is an error, or is passed over and logged.
        workers: decoding processes; by default one for each processor.

    Yields:
        The row in the subset and the picture, uint8 (height, width, 3); rows ascend.

    Raises:
        LookalikeError: a file can't be read, and ``damaged`` is ``refuse``.
    """
    with Road[str]({}, workers=workers) as road:

        def read(item: Picture) -> Pixels:
            return road.picture(item, more={_NAME: spec}).inputs[_NAME]

        for row, picture in road.each(enumerate(subset.pictures), read):
            if not isinstance(picture, PictureError):
                yield row, picture
            elif damaged == "refuse":
                raise refusal(_path(subset, row), picture) from picture
            else:
                _log.warning("left out: %s: %s", _path(subset, row), picture)


def prepared_picture(picture: Picture, spec: InputSpec) -> Pixels:
    """One picture, which need not be in a data set, brought to a specification.

    Raises:
        PictureError: it can't be read.
        UsageError: it is no picture.
    """
    with Road[str]({}, workers=1) as road:
        try:
            return road.picture(picture, more={_NAME: spec}).inputs[_NAME]
        except PictureError as error:
            if isinstance(picture, str | os.PathLike):
                raise type(error)(f"{os.fspath(picture)}: {error}", cause=error.cause) from error
            raise


def in_memory(
    subset: Subset,
    spec: InputSpec,
    *,
    damaged: Damaged = "refuse",
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Subset:
    """The same subset with all pictures in memory, brought to one size.

    Args:
        subset: whose pictures.
        spec: what is wanted; it takes ``3 * size * size`` bytes a picture.
        damaged: whether a file that can't be read is an error, or is left out and logged.
        workers: decoding processes; by default one for each processor.
        progress: called with a number of pictures that have been read.

    Returns:
        A subset with ``pictures`` uint8 (n, size, size, 3); ``subset`` itself where it is that.

    Raises:
        UsageError: ``spec`` keeps the aspect (``within``), so that sizes would differ.
        LookalikeError: a file can't be read, and ``damaged`` is ``refuse``; or none is left.
    """
    if spec.fit == "within":
        raise UsageError("pictures of one size are stretched or cropped: within keeps the aspect")
    shape = (spec.size, spec.size, 3)
    if not isinstance(subset.pictures, tuple) and subset.pictures.shape[1:] == shape:
        return subset
    pictures = np.empty((len(subset), *shape), np.uint8)
    rows: list[int] = []
    for row, picture in prepared(subset, spec, damaged=damaged, workers=workers):
        pictures[len(rows)] = picture
        rows.append(row)
        if progress is not None:
            progress(1)
    if len(subset) and not rows:
        raise LookalikeError("none of the files is a readable picture")
    if len(rows) < len(subset):
        pictures = pictures[: len(rows)].copy()
    labels = None if subset.labels is None else subset.labels[rows]
    return Subset(pictures, labels, tuple(subset.names[row] for row in rows))


def pixel_digests(subset: Subset, *, workers: int | None = None) -> list[bytes]:
    """SHA-256 of the pixels of each picture, 32 bytes.

    It is of width, height and 8-bit RGB as it is shown, before any colour profile: equal for the
    same pixels in another file format, unlike :meth:`Subset.digests` of files.

    Raises:
        LookalikeError: a file can't be read.
    """
    if not isinstance(subset.pictures, tuple):
        return subset.digests()
    digests = []
    inputs = {_NAME: InputSpec(1, "within")}  # which nobody asks for
    with DecodePool(inputs, workers=workers) as pool, Road[str]({}, pool=pool) as road:

        def digest(item: str) -> bytes:
            return pool.digest(item, "rgb").made or b""

        for path, found in road.each(zip(subset.pictures, subset.pictures, strict=True), digest):
            if isinstance(found, PictureError):
                raise refusal(path, found) from found
            digests.append(found)
    return digests


def refusal(path: str, error: PictureError) -> LookalikeError:
    """What is said of a data set with a picture that can't be read."""
    return LookalikeError(f"{path}: {error}: remove it from the data set, or replace it")


def _path(subset: Subset, row: int) -> str:
    pictures = subset.pictures
    return pictures[row] if isinstance(pictures, tuple) else subset.names[row]
