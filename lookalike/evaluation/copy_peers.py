"""What copy detection is measured beside: other hashes of a whole picture, and their distances."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.encoders.perceptual import PDQ
from lookalike.errors import UsageError
from lookalike.evaluation.contenders import Unavailable
from lookalike.images.fitting import fit
from lookalike.system.installing import install_command

__all__ = ["PEERS", "CopyPeer", "open_peers"]

Row = npt.NDArray[Any]


class CopyPeer(ABC):
    """One way to describe a picture by a row of numbers, the nearer the more it is the same.

    Attributes:
        name: as in reports.
    """

    name: ClassVar[str]

    @abstractmethod
    def encode(self, image: Image.Image) -> Row:
        """The row of one RGB picture, (d,)."""

    def distances(self, query: Row, database: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """From one row (d,) to each of (n, d): bits of packed codes that differ."""
        return np.asarray(np.bitwise_count(database ^ query).sum(axis=1, dtype=np.int64))


class PDQAlone(CopyPeer):
    """PDQ of the picture as it is: not turned, with its borders, nothing cut out."""

    name = "pdq-alone"

    def __init__(self) -> None:
        self._pdq = PDQ(threads=1)

    def encode(self, image: Image.Image) -> Row:
        """256 bits."""
        return np.asarray(self._pdq.encode([np.asarray(fit(image, PDQ.input))]).codes[0])


class PHash(CopyPeer):
    """imagededup's ``PHash``: the signs of 64 low frequencies around their median.

    Bit for bit what imagededup 0.3.3 gives for the same pixels.
    """

    name = "imagededup-phash"

    def __init__(self) -> None:
        try:
            from scipy.fft import dct
        except ImportError as error:
            raise Unavailable(f"needs SciPy: {install_command('benchmark')}") from error
        self._dct: Any = dct

    def encode(self, image: Image.Image) -> Row:
        """64 bits."""
        grey = _grey(image, (32, 32)).astype(np.float64)
        low = self._dct(self._dct(grey, axis=0), axis=1)[:8, :8]
        return np.packbits(low >= np.median(low.ravel()[1:]))  # without the mean


class DHash(CopyPeer):
    """imagededup's ``DHash``: whether each of 8 x 8 pixels is brighter than its left neighbour.

    Bit for bit what imagededup 0.3.3 gives for the same pixels.
    """

    name = "imagededup-dhash"

    def encode(self, image: Image.Image) -> Row:
        """64 bits."""
        grey = _grey(image, (9, 8))
        return np.packbits(grey[:, 1:] > grey[:, :-1])


class CNN(CopyPeer):
    """imagededup's ``CNN``: features of MobileNetV3-Small, by their cosine."""

    name = "imagededup-cnn"

    def __init__(self, weights: Path | None) -> None:
        if weights is None:
            raise Unavailable(
                "needs torchvision's weights of mobilenet_v3_small as safetensors: --weights FILE"
            )
        try:
            from lookalike.training.imagededup_cnn import ImagededupCNN
        except ImportError as error:
            raise Unavailable(f"needs PyTorch: {install_command('train')}") from error
        self._cnn = ImagededupCNN(weights)

    def encode(self, image: Image.Image) -> Row:
        """576 floats of unit length."""
        features = self._cnn.features(image)
        return features / max(float(np.linalg.norm(features)), 1e-12)

    def distances(self, query: Row, database: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """1 - cosine."""
        return np.asarray(1 - database @ query)


PEERS: tuple[str, ...] = tuple(peer.name for peer in (PDQAlone, PHash, DHash, CNN))
"""Names of the peers, in the order of the tables."""


def open_peers(
    names: Sequence[str] = PEERS, weights: Path | None = None
) -> tuple[list[CopyPeer], dict[str, str]]:
    """The peers of these names, and of those that can't take part the reason.

    Args:
        names: some of :data:`PEERS`.
        weights: of the CNN.

    Raises:
        UsageError: there is no such peer.
        ModelError: the weights can't be read.
    """
    for name in names:
        if name not in PEERS:
            raise UsageError(f"no peer is named {name!r}: there are {', '.join(PEERS)}")
    found: list[CopyPeer] = []
    left_out = {}
    for name in PEERS:
        if name not in names:
            continue
        try:
            if name == CNN.name:
                found.append(CNN(weights))
            else:
                found.append({p.name: p for p in (PDQAlone, PHash, DHash)}[name]())
        except Unavailable as error:
            left_out[name] = str(error)
    return found, left_out


def _grey(image: Image.Image, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """First shrunk, then grey."""
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS).convert("L"))
