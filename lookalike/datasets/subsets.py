"""What a data set is: subsets of labelled pictures, in memory or as files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from lookalike.errors import LookalikeError, PictureError, UsageError
from lookalike.images.files import digest
from lookalike.types import Pixels

__all__ = ["Dataset", "Labels", "Subset", "joined"]

Labels = npt.NDArray[np.int64]
"""Of each picture its class, an index into the names of the classes, shape (n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """Pictures, and what they show.

    Attributes:
        pictures: uint8 (n, height, width, 3), RGB; or the absolute paths of n files.
        labels: int64 (n,), indexes into the data set's ``class_names``; ``None`` without labels.
        names: what each picture is called: its path from the data set's folder on, or the name
            that the data set itself gives it.

    Raises:
        UsageError: the lengths differ, or the arrays have other types or shapes.
    """

    pictures: Pixels | tuple[str, ...]
    labels: Labels | None
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.pictures, tuple) and (
            self.pictures.dtype != np.uint8
            or self.pictures.ndim != 4
            or self.pictures.shape[3] != 3
        ):
            raise UsageError(
                "pictures in memory are uint8 (n, height, width, 3), not "
                f"{self.pictures.dtype} {self.pictures.shape}"
            )
        if self.labels is not None and (self.labels.dtype != np.int64 or self.labels.ndim != 1):
            raise UsageError(f"labels are int64 (n,), not {self.labels.dtype} {self.labels.shape}")
        labels = len(self.pictures) if self.labels is None else len(self.labels)
        if not len(self.pictures) == labels == len(self.names):
            raise UsageError(
                f"{len(self.pictures):,} pictures, {labels:,} labels and {len(self.names):,} "
                "names don't go together: give one of each for a picture"
            )

    def __len__(self) -> int:
        return len(self.pictures)

    def take(self, rows: Sequence[int] | npt.NDArray[np.integer]) -> Subset:
        """The pictures of some rows, in their order; pixels are copied."""
        chosen = np.asarray(rows, np.int64)
        if isinstance(self.pictures, tuple):
            files = self.pictures
            pictures: Pixels | tuple[str, ...] = tuple(files[row] for row in chosen)
        else:
            pictures = self.pictures[chosen]
        labels = None if self.labels is None else self.labels[chosen]
        return Subset(pictures, labels, tuple(self.names[row] for row in chosen))

    def digests(self) -> list[bytes]:
        """SHA-256 of each picture's content, 32 bytes: equal for equal pictures.

        Of a file these are the file's bytes. In memory they are ``b"{width}x{height}"`` and the RGB
        bytes, as :func:`lookalike.datasets.reading.pixel_digests` has them of files.

        Raises:
            LookalikeError: a file can't be read.
        """
        if isinstance(self.pictures, tuple):
            return [_file_digest(path) for path in self.pictures]
        height, width = self.pictures.shape[1:3]
        head = hashlib.sha256(f"{width}x{height}".encode())
        digests = []
        for picture in self.pictures:
            state = head.copy()
            state.update(picture.tobytes())
            digests.append(state.digest())
        return digests


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Dataset:
    """A data set in its subsets.

    Attributes:
        name: ``cifar10``, ``resisc45``, or that of its folder.
        kind: which of the layouts it has.
        source: the file or folder that it was read from.
        class_names: in the order of the labels; empty without labels.
        train: to learn from.
        test: never learned from; empty where there are no labels.
        validation: to stop learning by; ``None`` until
            :func:`lookalike.datasets.splits.with_validation` takes it out of ``train``.
    """

    name: str
    kind: Literal["cifar10", "resisc45", "folder"]
    source: Path
    class_names: tuple[str, ...]
    train: Subset
    test: Subset
    validation: Subset | None = None

    def everything(self) -> Subset:
        """All pictures: training, validation, test."""
        subsets = (self.train, self.validation, self.test)
        return joined([subset for subset in subsets if subset is not None])


def joined(subsets: Sequence[Subset]) -> Subset:
    """Several subsets as one, one after the other; pixels are copied.

    Raises:
        UsageError: no subsets; or pictures in memory of different sizes, or beside files, or labels
            in some subsets only.
    """
    filled = [subset for subset in subsets if len(subset)] or list(subsets[:1])
    if not filled:
        raise UsageError("no parts can't be joined: give at least one")
    if len(filled) == 1:
        return filled[0]
    names = tuple(name for subset in filled for name in subset.names)
    labels = [subset.labels for subset in filled if subset.labels is not None]
    if labels and len(labels) < len(filled):
        raise UsageError("a part with labels and one without can't be joined")
    told = np.concatenate(labels) if labels else None
    files = [subset.pictures for subset in filled if isinstance(subset.pictures, tuple)]
    if files:
        if len(files) < len(filled):
            raise UsageError("pictures in memory and files can't be joined: decode the files first")
        return Subset(tuple(path for paths in files for path in paths), told, names)
    arrays = [subset.pictures for subset in filled if not isinstance(subset.pictures, tuple)]
    if len({array.shape[1:] for array in arrays}) > 1:
        raise UsageError("pictures in memory of different sizes can't be joined")
    return Subset(np.concatenate(arrays), told, names)


def _file_digest(path: str) -> bytes:
    try:
        return digest(path)
    except PictureError as error:
        raise LookalikeError(f"{path}: {error}: remove it from the data set") from error
