"""CIFAR-10 in its published layout, ``cifar-10-batches-py`` (Krizhevsky, 2009).

The batches are pickles, and a pickle can run any code. They go through an unpickler that knows only
arrays, lists, strings and bytes; of NumPy's own unpickling nothing is used.
"""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from lookalike.errors import LookalikeError
from lookalike.types import Pixels

__all__ = ["BATCHES", "FOLDER", "SIDE", "Batch", "read_batch", "read_class_names"]

FOLDER = "cifar-10-batches-py"
"""Name of the folder that the published archive unpacks to."""

BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
"""Names of the files with pictures; the last holds the test pictures."""

SIDE = 32
"""Width and height of every picture, in pixels."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One file of the data set.

    Attributes:
        pictures: RGB, uint8 (n, 32, 32, 3).
        labels: 0 to 9, int64 (n,).
        names: of the files that the pictures were made of, n of them.
    """

    pictures: Pixels
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...]


def read_batch(path: Path) -> Batch:
    """Read ``data_batch_1`` to ``data_batch_5`` or ``test_batch``.

    Raises:
        LookalikeError: the file isn't a batch of CIFAR-10, or asks for more than data.
        OSError: it can't be read.
    """
    fields = _read(path)
    pixels, labels, names = fields.get("data"), fields.get("labels"), fields.get("filenames")
    if isinstance(pixels, _Array):
        pixels = pixels.value
    if (
        not isinstance(pixels, np.ndarray)
        or pixels.dtype != np.uint8
        or pixels.ndim != 2
        or pixels.shape[1] != 3 * SIDE * SIDE
        or not isinstance(labels, list)
        or not isinstance(names, list)
        or not len(labels) == len(names) == len(pixels)
        or not all(isinstance(label, int) and 0 <= label < 10 for label in labels)
    ):
        raise LookalikeError(f"{path} isn't a batch of CIFAR-10: fetch the data set anew")
    # Stored plane by plane: (n, 3, 32, 32) -> (n, 32, 32, 3)
    pictures = pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    return Batch(
        np.ascontiguousarray(pictures),
        np.asarray(labels, np.int64),
        tuple(_text(name) for name in names),
    )


def read_class_names(folder: Path) -> tuple[str, ...]:
    """The names of the ten classes, in the order of their labels, from ``batches.meta``.

    Raises:
        LookalikeError: the file isn't the one of CIFAR-10.
        OSError: it can't be read.
    """
    path = folder / "batches.meta"
    names = _read(path).get("label_names")
    if not isinstance(names, list) or len(names) != 10:
        raise LookalikeError(f"{path} doesn't name ten classes: fetch the data set anew")
    return tuple(_text(name) for name in names)


def _read(path: Path) -> dict[str, Any]:
    """The dictionary in a file, its keys as text."""
    with path.open("rb") as file:
        try:
            fields = _Unpickler(file).load()
        except pickle.UnpicklingError as error:
            raise LookalikeError(f"{path}: {error}") from error
        except OSError:
            raise
        except Exception as error:  # a damaged pickle raises nearly anything
            raise LookalikeError(
                f"{path} is damaged ({error!r}): fetch the data set anew"
            ) from error
    if not isinstance(fields, dict):
        raise LookalikeError(f"{path} holds no dictionary, so it is no part of CIFAR-10")
    return {_text(key): value for key, value in fields.items()}


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class _Dtype:
    """Stands in for ``numpy.dtype``, of which only unsigned bytes are known."""

    def __init__(self, name: object, *_rest: object) -> None:
        if _text(name) != "u1":
            raise pickle.UnpicklingError(f"holds an array of {_text(name)!r}, not of bytes")

    def __setstate__(self, _state: object) -> None:
        """Byte order and the like: bytes have none."""


class _Array:
    """Stands in for ``numpy.ndarray``, made in two steps as pickles do."""

    def __init__(self, *_arguments: object) -> None:
        self.value: npt.NDArray[np.uint8] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, _dtype, fortran, raw = state
        self.value = _array(raw, shape, fortran=bool(fortran))


def _array(raw: Any, shape: Any, *, fortran: bool) -> npt.NDArray[np.uint8]:
    if isinstance(raw, str):  # bytes of Python 2, read as Latin-1
        raw = raw.encode("latin-1")
    if not isinstance(raw, bytes | bytearray) or math.prod(shape) != len(raw):
        raise pickle.UnpicklingError("holds an array whose size and content differ")
    return np.frombuffer(raw, np.uint8).reshape(shape, order="F" if fortran else "C")


def _frombuffer(raw: Any, _dtype: _Dtype, shape: Any, order: Any) -> _Array:
    """What pickles of protocol 5 make arrays with."""
    made = _Array()
    made.value = _array(raw, shape, fortran=order == "F")
    return made


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """What pickles of protocol 2 make bytes with."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"holds text in the encoding {encoding!r}")
    return text.encode("latin-1")


_KNOWN: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("numpy._core.numeric", "_frombuffer"): _frombuffer,
    ("_codecs", "encode"): _encode,
}


class _Unpickler(pickle.Unpickler):
    """Knows arrays of bytes, besides what pickles have of their own: lists, strings, numbers."""

    def __init__(self, file: BinaryIO) -> None:
        # Python 2 wrote the published files: its strings are bytes to us.
        super().__init__(file, encoding="bytes")

    def find_class(self, module: str, name: str) -> Any:
        """Refuse every name but those that arrays need."""
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"asks for {module}.{name}, which no data set needs: it is not used"
            ) from None
