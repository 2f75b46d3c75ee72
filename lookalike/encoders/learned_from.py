"""The pictures that a model learned from, told by short digests and perceptual codes.

The record lies beside the model, as ``NAME.learned.npz``, and the model's card names it. It holds
no pictures, but whoever has it can tell whether a picture that they have, too, was learned from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from lookalike.errors import ModelError
from lookalike.system.replacing import replacing
from lookalike.types import Codes

__all__ = ["DIGEST_BYTES", "ENDING", "LearnedFrom", "record_path"]

DIGEST_BYTES = 8
"""Of each picture's SHA-256 that are kept: two of a billion pictures rarely share them."""

ENDING = ".learned.npz"
"""What the name of a record ends with, in place of the model's ``.onnx``."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedFrom:
    """What tells whether a picture, or a near copy of it, was learned from.

    Attributes:
        digests: the first bytes of the SHA-256 of each picture's pixels, uint8 (n, 8), sorted.
        codes: perceptual codes (``pdq-area``) of those that are no flat colour, uint8 (m, 32),
            sorted.
        complete: whether it holds all pictures; not where a training began with a network whose
            own record was lost.
    """

    digests: npt.NDArray[np.uint8]
    codes: Codes
    complete: bool = True

    def __len__(self) -> int:
        """Number of different pictures."""
        return len(self.digests)

    @classmethod
    def of(cls, digests: Sequence[bytes], codes: Codes) -> Self:
        """The record of some pictures.

        Args:
            digests: SHA-256 of the pixels of each, as
                :func:`lookalike.datasets.reading.pixel_digests` gives them.
            codes: perceptual codes of those that have a meaningful one, uint8 (m, 32).
        """
        short = b"".join(digest[:DIGEST_BYTES] for digest in digests)
        rows = np.frombuffer(short, np.uint8).reshape(-1, DIGEST_BYTES)
        return cls(_sorted(rows), _sorted(np.asarray(codes, np.uint8).reshape(-1, 32)))

    def has(self, digests: Sequence[bytes]) -> npt.NDArray[np.bool_]:
        """Whether each picture was learned from, bool (n,).

        Args:
            digests: SHA-256 of the pixels of each.
        """
        known = {row.tobytes() for row in self.digests}
        found = (digest[:DIGEST_BYTES] in known for digest in digests)
        return np.fromiter(found, np.bool_, len(digests))

    def joined(self, other: LearnedFrom | None) -> LearnedFrom:
        """This record and that of what was learned before; ``None`` for one that was lost."""
        if other is None:
            return LearnedFrom(self.digests, self.codes, complete=False)
        return LearnedFrom(
            _sorted(np.concatenate([self.digests, other.digests])),
            _sorted(np.concatenate([self.codes, other.codes])),
            self.complete and other.complete,
        )

    def write(self, path: Path) -> Mapping[str, Any]:
        """Write it; the same pictures give the same file.

        Returns:
            What a card says of it: ``file``, ``sha256``, ``bytes``, ``pictures``, ``complete``.

        Raises:
            OSError: it can't be written.
        """
        with replacing(path) as partial, partial.open("wb") as opened:
            np.savez(
                opened,
                allow_pickle=False,
                digests=self.digests,
                codes=self.codes,
                complete=np.array(self.complete),
            )
        content = path.read_bytes()
        return {
            "file": path.name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "pictures": len(self),
            "complete": self.complete,
        }

    @classmethod
    def read(cls, path: Path, sha256: str = "") -> Self:
        """Read what :meth:`write` wrote.

        Args:
            path: of the record.
            sha256: that the card states, if there is one.

        Raises:
            ModelError: it is missing, damaged, or another one than the card states.
        """
        try:
            content = path.read_bytes()
            if sha256 and hashlib.sha256(content).hexdigest() != sha256:
                raise ModelError(
                    f"{path} isn't the record of training pictures that the model's card names: "
                    "put the right one there"
                )
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
                digests, codes = arrays["digests"], arrays["codes"]
                complete = bool(arrays["complete"])
        except OSError as error:
            raise ModelError(
                f"{path}: the record of training pictures can't be read "
                f"({error.strerror or error}): put it beside the model"
            ) from error
        except (ValueError, KeyError, EOFError, BadZipFile) as error:
            raise ModelError(f"{path} is no record of training pictures: {error}") from error
        if (
            digests.dtype != np.uint8
            or codes.dtype != np.uint8
            or digests.ndim != 2
            or digests.shape[1] != DIGEST_BYTES
            or codes.ndim != 2
            or codes.shape[1] != 32
        ):
            raise ModelError(f"{path} is no record of training pictures: its arrays have no sense")
        return cls(digests, codes, complete)


def record_path(model: Path) -> Path:
    """Where the record of a model or of a checkpoint lies by default."""
    return model.with_suffix(ENDING)


def _sorted(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Different rows in order, so that nothing tells in which order pictures came."""
    return np.unique(rows, axis=0) if len(rows) else rows
