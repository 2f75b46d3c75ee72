"""CIFAR-10: 60,000 pictures of 32 x 32 pixels in ten classes (Krizhevsky, 2009)."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lookalike.datasets.cifar10_batches import (
    BATCHES,
    FOLDER,
    SIDE,
    Batch,
    read_batch,
    read_class_names,
)
from lookalike.datasets.folder import load_folder
from lookalike.datasets.reading import in_memory
from lookalike.datasets.subsets import Dataset, Subset
from lookalike.download import Checksum, download
from lookalike.errors import LookalikeError
from lookalike.types import InputSpec

__all__ = [
    "ARCHIVE",
    "BATCHES",
    "CHECKSUM",
    "FOLDER",
    "SIDE",
    "Batch",
    "fetch_cifar10",
    "is_cifar10",
    "load_cifar10",
    "read_batch",
    "read_cifar10",
    "read_class_names",
    "unpack_cifar10",
]

ARCHIVE = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
"""The published archive."""

CHECKSUM = Checksum("md5", "c58f30108f718f92721af3b95e74349a", 170_498_071)
"""Of the archive, as its author states it."""

_META = "batches.meta"
_LARGEST = 1 << 26  # bytes of one batch; the published ones have half of that
_CLASS_FOLDERS = ("cifar10", "cifar-10")


def load_cifar10(
    data: Path, *, fetch: bool = False, progress: Callable[[int, int], object] | None = None
) -> Dataset:
    """Read CIFAR-10 from the folder that holds the data sets.

    It is looked for as ``cifar-10-batches-py``, and as class folders, ``cifar10/train/<class>/``
    and ``cifar10/test/<class>/``.

    Args:
        data: the folder that holds the data sets.
        fetch: whether to download the published archive (163 MiB) where the data set is missing.
        progress: called while downloading with the bytes that are there and the bytes in all.

    Raises:
        LookalikeError: it isn't there, is damaged, or can't be downloaded.
        OSError: a file can't be read or written.
    """
    if (data / FOLDER).is_dir():
        return read_cifar10(data / FOLDER)
    for name in _CLASS_FOLDERS:
        if (data / name).is_dir():
            return read_cifar10(data / name)
    if not fetch:
        raise LookalikeError(
            f"CIFAR-10 isn't in {data}: ask for its download (--download, 163 MiB), or unpack "
            f"{ARCHIVE} there, as {data / FOLDER}"
        )
    return read_cifar10(fetch_cifar10(data, progress=progress))


def is_cifar10(folder: Path) -> bool:
    """Whether a folder holds batches of CIFAR-10."""
    return any((folder / batch).is_file() for batch in BATCHES)


def read_cifar10(folder: Path) -> Dataset:
    """Read CIFAR-10 from its own folder: the published batches, or class folders.

    Raises:
        LookalikeError: a batch is missing or damaged, or there are no pictures.
        OSError: a file can't be read.
    """
    if not is_cifar10(folder):
        return _from_class_folders(folder)
    missing = [name for name in (*BATCHES, _META) if not (folder / name).is_file()]
    if missing:
        raise LookalikeError(
            f"{folder} lacks {', '.join(missing)}: remove the folder and fetch the data set anew"
        )
    batches = [read_batch(folder / name) for name in BATCHES]
    subsets = [Subset(batch.pictures, batch.labels, batch.names) for batch in batches]
    train = Subset(
        np.concatenate([batch.pictures for batch in batches[:-1]]),
        np.concatenate([batch.labels for batch in batches[:-1]]),
        tuple(name for batch in batches[:-1] for name in batch.names),
    )
    return Dataset("cifar10", "cifar10", folder, read_class_names(folder), train, subsets[-1])


def fetch_cifar10(
    data: Path,
    *,
    url: str = ARCHIVE,
    checksum: Checksum = CHECKSUM,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Download and unpack the published archive.

    A download that broke off is resumed. The archive is removed once it is unpacked.

    Args:
        data: where to put the folder; it is made if need be.
        url: of the archive, for tests and mirrors.
        checksum: that it must have.
        progress: called with the bytes that are there and the bytes in all.

    Returns:
        The folder ``cifar-10-batches-py``.

    Raises:
        LookalikeError: the server can't be reached, or sends something else.
        OSError: no space, or no right to write.
    """
    data.mkdir(parents=True, exist_ok=True)
    archive = data / "cifar-10-python.tar.gz"
    download(url, archive, checksum, progress=progress)
    folder = unpack_cifar10(archive, data)
    archive.unlink(missing_ok=True)
    return folder


def unpack_cifar10(archive: Path, data: Path) -> Path:
    """Take the batches out of the published archive.

    Only the files that belong to the data set are taken, each as a plain file under its own name,
    so that no archive can write anywhere else. The folder appears whole or not at all.

    Returns:
        The folder ``data / "cifar-10-batches-py"``.

    Raises:
        LookalikeError: the archive is damaged or another one.
        OSError: no space, or no right to write.
    """
    target = data / FOLDER
    wanted = {f"{FOLDER}/{name}": name for name in (*BATCHES, _META)}
    with tempfile.TemporaryDirectory(dir=data, prefix=f"{FOLDER}.partial-") as folder:
        whole = Path(folder) / FOLDER
        whole.mkdir()
        try:
            with tarfile.open(archive, "r:gz") as tar:
                for member in tar:
                    name = wanted.get(member.name.removeprefix("./"))
                    if name is None or not member.isfile() or member.size > _LARGEST:
                        continue
                    source = tar.extractfile(member)
                    if source is not None:
                        with source, (whole / name).open("wb") as file:
                            shutil.copyfileobj(source, file)
        except (tarfile.TarError, zlib.error, EOFError, ValueError) as error:
            raise LookalikeError(f"{archive} is damaged ({error}): fetch it anew") from error
        except OSError as error:
            # gzip reports damage as an OSError without a number; those of the system have one.
            if error.errno is not None:
                raise
            raise LookalikeError(f"{archive} is damaged ({error}): fetch it anew") from error
        missing = [name for name in wanted.values() if not (whole / name).is_file()]
        if missing:
            raise LookalikeError(f"{archive} isn't that of CIFAR-10: it lacks {', '.join(missing)}")
        whole.rename(target)
    return target


def _from_class_folders(folder: Path) -> Dataset:
    files = load_folder(folder)
    if len(files.class_names) != 10:
        raise LookalikeError(
            f"{folder} holds {len(files.class_names)} class folders, where CIFAR-10 has ten: give "
            f"the folder {FOLDER}, or train/ and test/ with a folder for each class"
        )
    spec = InputSpec(SIDE, "stretch")
    return replace(
        files,
        name="cifar10",
        kind="cifar10",
        train=in_memory(files.train, spec),
        test=in_memory(files.test, spec),
        validation=None if files.validation is None else in_memory(files.validation, spec),
    )
