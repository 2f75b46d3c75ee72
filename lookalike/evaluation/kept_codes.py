"""A file of codes: rows of codes, and what each one's picture is found by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import check
from lookalike.encoders.learned_from import LearnedFrom
from lookalike.errors import UsageError
from lookalike.system.replacing import replacing
from lookalike.types import Codes

__all__ = ["KeptCodes", "directions", "keep", "read_codes"]


@dataclass(frozen=True, eq=False)
class KeptCodes:
    """What ``lookalike encode`` or ``lookalike evaluate --keep`` wrote.

    Rows are found by what they are of, never by their position: copies of a data set come in
    different orders.

    Attributes:
        name: of the file, without its ending.
        bits: width of the codes.
        codes: packed, uint8 (n, ceil(bits / 8)).
        embeddings: real features, (n, d); ``None`` where the model has none.
        digests: SHA-256 of each picture's pixels, uint8 (n, 32); ``None`` where files are named.
        paths: of each picture's file; ``None`` where there are digests alone.
        learned_from: what the model learned from; ``None`` where it isn't known.
    """

    name: str
    bits: int
    codes: Codes
    embeddings: npt.NDArray[Any] | None = None
    digests: npt.NDArray[np.uint8] | None = None
    paths: npt.NDArray[Any] | None = None
    learned_from: LearnedFrom | None = None

    def __len__(self) -> int:
        """Number of codes."""
        return len(self.codes)

    def rows(self, digests: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """The row of each picture, -1 for one that isn't there.

        Args:
            digests: SHA-256 of the pictures' pixels, as
                :func:`lookalike.datasets.reading.pixel_digests` gives them.
        """
        places = self._places
        return np.fromiter((places.get(digest, -1) for digest in digests), np.int64, len(digests))

    @cached_property
    def _places(self) -> dict[bytes, int]:
        if self.digests is None:
            return {}
        return {row.tobytes(): place for place, row in enumerate(self.digests)}


def read_codes(file: Path) -> KeptCodes:
    """Read an ``.npz`` file of codes.

    Raises:
        UsageError: the file holds no codes, or rows that don't go together.
        OSError: it can't be read.
    """
    arrays = _arrays(file)
    codes = arrays.get("codes")
    if codes is None or codes.dtype != np.uint8 or codes.ndim != 2 or not codes.size:
        raise UsageError(
            f"{file} holds no packed codes: make it with lookalike encode, or give a model"
        )
    for name in ("embeddings", "digests", "paths"):
        if name in arrays and len(arrays[name]) != len(codes):
            raise UsageError(
                f"{file} holds {len(codes):,} codes and {len(arrays[name]):,} {name}, where "
                "each row is one picture: make it anew"
            )
    bits = int(arrays["bits"]) if "bits" in arrays else 8 * codes.shape[1]
    return KeptCodes(
        file.stem,
        bits,
        check(codes, bits),
        arrays.get("embeddings"),
        arrays.get("digests"),
        arrays.get("paths"),
        _record(arrays),
    )


def keep(file: Path, kept: KeptCodes) -> None:
    """Write an ``.npz`` file of codes; its folder is made.

    Raises:
        OSError: it can't be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, npt.NDArray[Any] | None] = {
        "codes": kept.codes,
        "bits": np.array(kept.bits, np.int64),
        "digests": kept.digests,
        "paths": kept.paths,
        "embeddings": kept.embeddings,
    }
    if kept.learned_from is not None:
        arrays |= {
            "learned_digests": kept.learned_from.digests,
            "learned_codes": kept.learned_from.codes,
            "learned_complete": np.array(kept.learned_from.complete),
        }
    with replacing(file) as partial, partial.open("wb") as opened:
        there = {name: array for name, array in arrays.items() if array is not None}
        np.savez_compressed(opened, allow_pickle=False, **there)


def _record(arrays: Mapping[str, npt.NDArray[Any]]) -> LearnedFrom | None:
    """What a file says of the pictures that its model learned from."""
    try:
        digests, codes = arrays["learned_digests"], arrays["learned_codes"]
        return LearnedFrom(digests, codes, bool(arrays["learned_complete"]))
    except KeyError:
        return None


def directions(embeddings: npt.NDArray[Any]) -> npt.NDArray[np.float16]:
    """Embeddings of length 1, as files of codes keep them."""
    values = embeddings.astype(np.float32)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.where(lengths == 0, 1, lengths), np.float16)


def _arrays(file: Path) -> Mapping[str, npt.NDArray[Any]]:
    try:
        # Opened here, since NumPy leaves a file open that turns out to be damaged.
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as loaded:
            if isinstance(loaded, np.ndarray):
                return {}
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, EOFError, KeyError, BadZipFile) as error:
        raise UsageError(f"{file} is no file of codes: {error}") from error
