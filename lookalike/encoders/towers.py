"""The towers of published models: pictures, or texts, to unit vectors of real features.

A tower is an ONNX file of anybody's making. What it takes and gives is found out from its inputs
and outputs by the names that exports have for them, and by one run when it is loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from lookalike.encoders.arguments import check_pictures
from lookalike.encoders.onnx import first_line, session
from lookalike.encoders.preprocessing import Preprocessing
from lookalike.encoders.unit import unit
from lookalike.errors import ModelError, UsageError
from lookalike.system.processors import processors
from lookalike.types import Pixels

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["IMAGE_OUTPUTS", "ImageTower", "Model", "Pooling"]

Floats = npt.NDArray[np.float32]
Pooling = Literal["cls", "mean"]

IMAGE_OUTPUTS = ("image_embeds", "pooler_output", "last_hidden_state")
"""Outputs that hold a picture's features, the first one that there is."""

_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
}
# Inputs of a joint model that belong to its other tower, and get something small.
TEXT_INPUTS = ("input_ids", "attention_mask", "token_type_ids", "position_ids")
PICTURE_INPUT = "pixel_values"
_GREY = 127
_SAME = 1e-3


class Model:
    """An ONNX file, its inputs and outputs by name, and how to run it.

    Args:
        data: the file's bytes, or its path where it is large or its weights lie beside it.
        origin: names it in errors.

    Raises:
        ModelError: it is damaged, or takes what lookalike doesn't know to give.
    """

    def __init__(self, data: bytes | Path, origin: str) -> None:
        self.origin = origin
        self.session: onnxruntime.InferenceSession = session(
            data if isinstance(data, bytes) else str(data), origin
        )
        self.inputs: dict[str, Any] = {entry.name: entry for entry in self.session.get_inputs()}
        self.outputs: list[str] = [entry.name for entry in self.session.get_outputs()]
        for entry in self.inputs.values():
            if entry.type not in _TYPES:
                raise ModelError(
                    f"{origin}: takes {entry.name} of type {entry.type}, which isn't supported"
                )

    def dtype(self, name: str) -> type[np.generic]:
        """Of an input."""
        return _TYPES[self.inputs[name].type]

    def fixed(self, name: str, axis: int) -> int | None:
        """The length of an input's axis, where the file fixes it."""
        length = self.inputs[name].shape[axis]
        return length if isinstance(length, int) and length > 0 else None

    def run(self, output: str, feed: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """One output for one batch of inputs."""
        try:
            (found,) = self.session.run([output], dict(feed))
        except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
            raise ModelError(f"{self.origin}: the model fails: {first_line(error)}") from error
        made: npt.NDArray[Any] = found
        return made


class ImageTower:
    """Pictures to unit vectors. Threads may share one.

    Args:
        data: as of :class:`Model`.
        preprocessing: what is done to a picture first. A model whose input is uint8 gets the
            pixels as they are.
        origin: names it in errors.
        output: the output that holds the features; by default the first of
            :data:`IMAGE_OUTPUTS`, else the only one.
        pooling: of an output with a vector for each token: the first one's (``cls``) or their
            ``mean``. By default the mean where the tokens make up a square, as those of the patches
            alone do, and else the first one's.
        pooled: whether the model must pool by itself, so that :data:`IMAGE_OUTPUTS` ends before
            the last.
        threads: pictures that are worked on at a time, each by one thread.

    Raises:
        ModelError: the model is damaged, or doesn't turn pictures into features.
        UsageError: ``threads`` is less than 1.
    """

    def __init__(
        self,
        data: bytes | Path,
        preprocessing: Preprocessing,
        origin: str,
        *,
        output: str | None = None,
        pooling: Pooling | None = None,
        pooled: bool = False,
        threads: int | None = None,
    ) -> None:
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"threads must be at least 1, not {threads!r}")
        self._threads = threads or processors()
        self.preprocessing = preprocessing
        self._pooling = pooling
        self._model = Model(data, origin)
        self._pixels = _picture_input(self._model)
        self._last = _channels_last(self._model, self._pixels, preprocessing.side)
        self._others = _small(self._model, but=self._pixels)
        self.output = _output(self._model, output, pooled=pooled)
        self._known: dict[bytes, Floats] = {}
        size = preprocessing.input.size
        self._first = self._run(np.full((size, size, 3), _GREY, np.uint8))
        self.size = len(self._first)

    def repeats(self) -> bool:
        """Whether the model gives the same features for the same picture again."""
        size = self.preprocessing.input.size
        again = self._run(np.full((size, size, 3), _GREY, np.uint8))
        return bool(np.abs(again - self._first).max() < _SAME)

    def features(self, pictures: Sequence[Pixels]) -> Floats:
        """The features of pictures that were prepared to ``preprocessing.input``.

        Returns:
            float32 (n, :attr:`size`), each of length 1.

        Raises:
            UsageError: a picture of another shape or type.
            ModelError: the model fails, or gives what is no number.
        """
        check_pictures(pictures)
        size = self.preprocessing.input.size
        for picture in pictures:
            if not isinstance(picture, np.ndarray):
                raise UsageError(f"{self._model.origin} takes arrays of uint8, not {picture!r}")
            if picture.shape != (size, size, 3) or picture.dtype != np.uint8:
                raise UsageError(
                    f"{self._model.origin} takes uint8 pictures of shape {(size, size, 3)}, not "
                    f"{picture.dtype} {picture.shape}: prepare them to its input"
                )
        if min(len(pictures), self._threads) < 2:
            rows = [self._one(picture) for picture in pictures]
        else:
            with ThreadPoolExecutor(self._threads, "lookalike-encode") as pool:
                rows = list(pool.map(self._one, pictures))
        return np.stack([*rows]) if rows else np.empty((0, self.size), np.float32)

    def remember(self, pictures: Sequence[Pixels], features: Floats) -> None:
        """Give these features for these pictures again without a run, until :meth:`forget`."""
        for picture, row in zip(pictures, features, strict=True):
            self._known[_key(picture)] = row

    def forget(self) -> None:
        """Run the model for every picture again."""
        self._known.clear()

    def _one(self, picture: Pixels) -> Floats:
        # One picture a run: its features cannot depend on its company.
        if self._known:
            known = self._known.get(_key(picture))
            if known is not None:
                return known
        return self._run(picture)

    def _run(self, picture: Pixels) -> Floats:
        kind = self._model.dtype(self._pixels)
        raw = kind is np.uint8
        values = self.preprocessing.centre(picture) if raw else self.preprocessing.apply(picture)
        batch = values[None] if self._last else values.transpose(2, 0, 1)[None]
        feed = {**self._others, self._pixels: np.ascontiguousarray(batch, kind)}
        found = self._model.run(self.output, feed)
        return unit(self._pooled(found), self._model.origin)

    def _pooled(self, found: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if found.ndim == 2 and len(found) == 1:
            return np.asarray(found[0])
        if found.ndim == 3 and len(found) == 1:
            tokens = found.shape[1]
            patches_only = int(np.sqrt(tokens)) ** 2 == tokens and tokens > 1
            pooling = self._pooling or ("mean" if patches_only else "cls")
            return np.asarray(found[0, 0] if pooling == "cls" else found[0].mean(0))
        if found.ndim == 4 and len(found) == 1:  # feature maps: (1, d, height, width)
            return np.asarray(found[0].mean((1, 2)))
        raise ModelError(
            f"{self._model.origin}: the output {self.output} has the shape {found.shape} for one "
            "picture, where (1, d), (1, tokens, d) or (1, d, height, width) is needed"
        )


def small_text(model: Model) -> dict[str, npt.NDArray[Any]]:
    """The shortest text that a joint model's other tower takes."""
    feed = {}
    for name in TEXT_INPUTS:
        if name in model.inputs:
            shape = (1, model.fixed(name, 1) or 1)
            value = 1 if name == "attention_mask" else 0
            feed[name] = np.full(shape, value, model.dtype(name))
    return feed


def _small(model: Model, but: str) -> dict[str, npt.NDArray[Any]]:
    feed = small_text(model)
    unknown = set(model.inputs) - set(feed) - {but}
    if unknown:
        raise ModelError(
            f"{model.origin}: takes {', '.join(sorted(unknown))} too, which isn't supported: "
            "export the image tower alone"
        )
    return feed


def _picture_input(model: Model) -> str:
    found = [name for name, entry in model.inputs.items() if len(entry.shape) == 4]
    if PICTURE_INPUT in found:
        return PICTURE_INPUT
    if len(found) != 1:
        raise ModelError(
            f"{model.origin}: takes {', '.join(model.inputs) or 'nothing'}, where one input of "
            "pictures (of four axes) is needed"
        )
    return found[0]


def _channels_last(model: Model, name: str, side: int) -> bool:
    """Whether pictures are (n, height, width, 3) and not (n, 3, height, width)."""
    shape = model.inputs[name].shape
    last = bool(shape[3] == 3 and shape[1] != 3)
    for axis in (1, 2) if last else (2, 3):
        fixed = model.fixed(name, axis)
        if fixed is not None and fixed != side:
            raise ModelError(
                f"{model.origin}: takes pictures of {fixed} pixels, its settings say {side}"
            )
    return last


def _output(model: Model, wanted: str | None, *, pooled: bool) -> str:
    if wanted is not None:
        if wanted not in model.outputs:
            raise ModelError(
                f"{model.origin}: has no output {wanted}: there are {', '.join(model.outputs)}; "
                "take an export that gives it"
            )
        return wanted
    for name in IMAGE_OUTPUTS[:-1] if pooled else IMAGE_OUTPUTS:
        if name in model.outputs:
            return name
    if pooled and IMAGE_OUTPUTS[-1] in model.outputs:
        raise ModelError(
            f"{model.origin}: gives {', '.join(model.outputs)}, and its family's features are "
            f"pooled from them by layers that this export left out: take one that gives "
            f"{' or '.join(IMAGE_OUTPUTS[:-1])}"
        )
    if len(model.outputs) == 1 and "logits" not in model.outputs:
        return model.outputs[0]
    raise ModelError(
        f"{model.origin}: gives {', '.join(model.outputs)}, none of which is a picture's features "
        f"({', '.join(IMAGE_OUTPUTS)}): take a model for feature extraction"
    )


def _key(picture: Pixels) -> bytes:
    return hashlib.blake2b(picture.tobytes(), digest_size=16).digest()
