"""What the two searches of the thesis have in common."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, TypedDict
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.datasets import Dataset, Subset, load
from lookalike.datasets.loading import ALIASES
from lookalike.datasets.reading import pixel_digests, prepared_picture
from lookalike.encoders import registry
from lookalike.errors import UsageError
from lookalike.evaluation.features import features_of
from lookalike.evaluation.kept_codes import KeptCodes, directions
from lookalike.evaluation.neighbour_sheet import show_row
from lookalike.thesis.features import MODELS
from lookalike.types import Encoder, Index, InputSpec

__all__ = ["Neighbour", "Options", "Search"]

Picture: TypeAlias = str | os.PathLike[str] | Image.Image | npt.NDArray[Any]

# For as long as somebody uses the data set: digests of files take decoding them all.
_read: WeakKeyDictionary[Dataset, tuple[Subset, list[bytes]]] = WeakKeyDictionary()

_WARM_UP = 64  # queries, so that what is timed has been compiled
_SHOWN = InputSpec(128, "crop", "bicubic")  # a picture in a plot


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A picture that was found.

    Attributes:
        index: of the picture in the data set: what ``image_idx`` takes.
        name: what the data set calls it.
        class_name: of its class; empty where the data set has no labels.
        distance: Euclidean for the k-d tree, in bits for LSH.
    """

    index: int
    name: str
    class_name: str
    distance: float


class Options(TypedDict, total=False):
    """What both searches take besides the data set."""

    model: str | None
    data_dir: str | os.PathLike[str] | None
    download: bool
    progress: Callable[[int], object] | None
    threads: int | None


class Search(ABC):
    """What both searches do.

    Pictures are kept in the order of the SHA-256 of their pixels, so that which of several at the
    same distance is found depends on no order of classes.
    """

    _shipped: ClassVar[int]
    """Which of a data set's models is the shipped one for this search."""

    def __init__(
        self,
        dataset: str | os.PathLike[str] | Dataset = "cifar10",
        *,
        model: str | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        download: bool = True,
        progress: Callable[[int], object] | None = None,
        threads: int | None = None,
    ) -> None:
        known: object = dataset
        if isinstance(dataset, Dataset):
            known = dataset.kind
        elif isinstance(dataset, str):
            known = ALIASES.get(dataset, dataset)
        if model is None and known not in MODELS:
            raise UsageError(
                f"no model is shipped for {str(known)!r}: there are some for "
                f"{' and '.join(MODELS)}; give another data set's as model="
            )
        if not isinstance(dataset, Dataset):
            dataset = load(dataset, data_dir, download=download)
        self.dataset = dataset
        self.pictures, digests = _everything(dataset)
        self.model = model or MODELS[str(known)][self._shipped]
        self._threads = threads
        self._encoder: Encoder | None = None
        # Position in the index to row in the data set, and back.
        self._order = np.asarray(sorted(range(len(digests)), key=digests.__getitem__), np.int64)
        self._position = np.empty_like(self._order)
        self._position[self._order] = np.arange(len(self._order))
        kept = features_of(self.model, self.pictures, digests, threads=threads, progress=progress)
        self._rows = self._searchable(kept)[self._order]
        self._build(self._rows[:1], kept.bits)  # imports what it takes, and compiles
        started = time.perf_counter()
        self._index = self._build(self._rows, kept.bits)
        self.build_seconds = time.perf_counter() - started

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.pictures)

    def query(
        self,
        image: Picture | None = None,
        image_idx: int | None = None,
        k: int = 10,
        plot: bool | str | os.PathLike[str] = True,
    ) -> list[Neighbour]:
        """The k nearest pictures of one.

        Args:
            image: a new picture: a file, a picture of Pillow's, or an array (height, width, 3).
            image_idx: instead, a picture of the data set. It is at distance 0 from itself, and so
                is every other with the same code.
            k: neighbours wanted, at least 1.
            plot: whether to show them with matplotlib (where it has a screen or a notebook to show
                them on), or a file to draw them into.

        Returns:
            Nearest first.

        Raises:
            UsageError: both or neither of ``image`` and ``image_idx``, or one out of range.
            LookalikeError: the picture can't be read.
            MissingExtraError: matplotlib isn't installed, and ``plot`` is asked for.
        """
        if (image is None) == (image_idx is None):
            raise UsageError("give one of image and image_idx: a new picture, or one of the data")
        if image_idx is not None:
            if not 0 <= image_idx < len(self):
                raise UsageError(f"image_idx is from 0 to {len(self) - 1:,}, not {image_idx}")
            row = self._position[image_idx]
            hits = self._index.search(self._rows[row : row + 1], k)
        else:
            assert image is not None
            hits = self._index.search(self._encode_one(image), k)
        found = [self._neighbour(hit.id, hit.distance) for hit in hits[0]]
        if plot is not False:
            shown = None if plot is True else Path(plot)
            self._plot(image, image_idx or 0, found, shown)
        return found

    def _measure(self, k: int) -> tuple[dict[str, float], float, float]:
        """Accuracy by class and of all, and seconds; every picture is queried."""
        labels = self.pictures.labels
        if labels is None:
            raise UsageError(f"{self.dataset.source} has no labels to count right neighbours by")
        own = labels[self._order]
        self._index.search(self._rows[:_WARM_UP], k)
        started = time.perf_counter()
        hits = self._index.search(self._rows, k)
        seconds = time.perf_counter() - started
        found = hits.ids >= 0
        right = (own[hits.ids] == own[:, None]) & found
        # What an approximate index didn't find counts as wrong; a small data set has fewer than k.
        shares = right.sum(1) / min(k, len(self))
        per_class = {
            name: float(shares[own == label].mean())
            for label, name in enumerate(self.dataset.class_names)
            if (own == label).any()
        }
        return per_class, float(shares.mean()), seconds

    def _encoding(self) -> Encoder:
        if self._encoder is None:
            self._encoder = registry.load(self.model, threads=self._threads)
        return self._encoder

    def _encode_one(self, image: Picture) -> npt.NDArray[Any]:
        encoder = self._encoding()
        made = encoder.encode([prepared_picture(image, encoder.input)])
        embeddings = None if made.embeddings is None else directions(made.embeddings)
        return self._searchable(KeptCodes(encoder.name, encoder.bits, made.codes, embeddings))

    def _neighbour(self, position: int, distance: float) -> Neighbour:
        row = int(self._order[position])
        labels = self.pictures.labels
        name = "" if labels is None else self.dataset.class_names[labels[row]]
        return Neighbour(row, self.pictures.names[row], name, distance)

    def _plot(
        self,
        image: Picture | None,
        image_idx: int,
        found: Sequence[Neighbour],
        file: Path | None,
    ) -> None:
        """Draw the query and its neighbours, into a file or on the screen."""
        title = f"{self.model} on {self.dataset.name}: the {len(found)} nearest"
        pictures = self.pictures.pictures
        asked = pictures[image_idx] if image is None else image
        shown = [("query", prepared_picture(asked, _SHOWN))]
        for neighbour in found:
            told = f"{neighbour.distance:.4g}\n{neighbour.class_name}"
            shown.append((told, prepared_picture(pictures[neighbour.index], _SHOWN)))
        show_row(shown, title, file)

    @abstractmethod
    def _searchable(self, kept: KeptCodes) -> npt.NDArray[Any]:
        """What the index takes: one row for each picture."""

    @abstractmethod
    def _build(self, rows: npt.NDArray[Any], bits: int) -> Index:
        """The index."""


def _everything(dataset: Dataset) -> tuple[Subset, list[bytes]]:
    """All pictures of a data set and the digests of their pixels, made once for each data set."""
    if dataset not in _read:
        pictures = dataset.everything()
        _read[dataset] = pictures, pixel_digests(pictures)
    return _read[dataset]
