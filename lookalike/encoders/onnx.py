"""Every neural encoder: an ONNX file that turns 8-bit pixels into a packed code and an embedding.

The file does all arithmetic itself. Its input ``pixels`` is uint8 (n, size, size, 3), RGB; its
outputs are ``code``, uint8 (n, ceil(bits / 8)) in the order of :func:`numpy.packbits`, and, where
the model has one, ``embedding``, int8 (n, d).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.arguments import check_pictures
from lookalike.encoders.cards import CARD_KEY, Card
from lookalike.errors import ModelError, UsageError
from lookalike.system.processors import processors
from lookalike.types import Encoded, InputSpec, Pixels

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxEncoder"]

FATAL_ONLY = 4
"""ONNX Runtime's log severity: everything else comes as an exception, which we word ourselves."""


class OnnxEncoder:
    """An :class:`~lookalike.types.Encoder` that runs an ONNX file on the processor.

    Threads may share one: ONNX Runtime's sessions allow concurrent runs.

    Args:
        path: of the ``.onnx`` file.
        card: what is known of it; by default the ``.json`` file of the same name beside it, else
            what the file itself carries. Where the card has a checksum, the file must match.
        threads: pictures that are encoded at a time, each by one thread; by default as many as
            there are processors for this process.

    Raises:
        ModelError: the file is missing, damaged, not the one of its card, or of another kind.
        UsageError: ``threads`` is less than 1.

    Example:
        >>> import numpy as np
        >>> from lookalike.encoders.registry import load
        >>> encoder = load("photo-256")
        >>> grey = np.full((encoder.input.size, encoder.input.size, 3), 127, np.uint8)
        >>> encoder.encode([grey]).codes.shape
        (1, 32)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        card: Card | None = None,
        threads: int | None = None,
    ) -> None:
        file = Path(path)
        beside = file.with_suffix(".json")
        if card is None and beside.is_file():
            card = Card.read(beside)
        self._start(read(file), str(file), card, threads)
        self._kept: bytes | None = None

    @classmethod
    def from_bytes(
        cls, data: bytes, card: Card | None = None, *, threads: int | None = None
    ) -> OnnxEncoder:
        """An encoder from a model in memory, which it keeps; otherwise as the class.

        Raises:
            ModelError: the model is damaged, not the one of its card, or of another kind.
            UsageError: ``threads`` is less than 1.
        """
        encoder = cls.__new__(cls)
        encoder._start(data, "model in memory" if card is None else card.name, card, threads)
        encoder._kept = data
        return encoder

    def _start(self, data: bytes, origin: str, card: Card | None, threads: int | None) -> None:
        if threads is not None and (type(threads) is not int or threads < 1):
            raise UsageError(f"threads must be at least 1, not {threads!r}")
        digest = hashlib.sha256(data).hexdigest()
        if card is not None and card.sha256 and card.sha256 != digest:
            raise ModelError(
                f"{origin}: not the model that its card describes (SHA-256 {digest[:16]}..., the "
                f"card says {card.sha256[:16]}...): reinstall lookalike or fetch the file again"
            )
        self._session = session(data, origin)
        self._threads = threads or processors()
        card = embedded(self._session, origin) if card is None else card
        self._outputs = checked(self._session, card, origin)
        self._card = replace(card, sha256=digest)
        self._origin = origin

    @property
    def name(self) -> str:
        """Name of the code, from the card."""
        return self._card.name

    @property
    def bits(self) -> int:
        """Width of the code."""
        return self._card.bits

    @property
    def fingerprint(self) -> str:
        """The first 16 hex digits of the file's SHA-256."""
        return self._card.fingerprint

    @property
    def embedding_size(self) -> int:
        """Width of the int8 embedding, 0 where there is none."""
        return self._card.embedding_size

    @property
    def input(self) -> InputSpec:
        """What :meth:`encode` takes."""
        return self._card.input

    @property
    def card(self) -> Card:
        """What is known of the model."""
        return self._card

    def model(self) -> bytes:
        """The ONNX file's bytes.

        Raises:
            ModelError: the file is gone, or another by now.
        """
        data = read(Path(self._origin)) if self._kept is None else self._kept
        if hashlib.sha256(data).hexdigest() != self._card.sha256:
            raise ModelError(
                f"{self._origin}: the file was replaced after it was loaded: try again"
            )
        return data

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        """Encode pictures that were prepared to :attr:`input`.

        Args:
            pictures: uint8 (size, size, 3) each.

        Returns:
            Codes, uint8 (n, ceil(bits / 8)), and embeddings, int8 (n, d), if the model has them.

        Raises:
            UsageError: a picture of another shape or type.
            ModelError: the model fails on its own kind of input.
        """
        check_pictures(pictures)
        # One picture a run, and one thread: an activation then stays in the cache, which is a fifth
        # faster than splitting batches of 16 over the threads; and a picture's code cannot depend
        # on its company.
        batches = [self.stack([picture]) for picture in pictures]
        if min(len(batches), self._threads) < 2:
            found = [self.run(batch) for batch in batches]
        else:
            with ThreadPoolExecutor(self._threads, "lookalike-encode") as pool:
                found = list(pool.map(self.run, batches))
        width = (self.bits + 7) // 8
        codes = np.concatenate([np.empty((0, width), np.uint8), *(row[0] for row in found)])
        if not self.embedding_size:
            return Encoded(codes)
        none = np.empty((0, self.embedding_size), np.int8)
        return Encoded(codes, np.concatenate([none, *(row[1] for row in found)]))

    def stack(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.uint8]:
        """One contiguous batch, (n, size, size, 3)."""
        shape = (self.input.size, self.input.size, 3)
        for picture in pictures:
            if not isinstance(picture, np.ndarray):
                raise UsageError(f"{self.name} takes arrays of uint8, not {picture!r}")
            if picture.shape != shape or picture.dtype != np.uint8:
                raise UsageError(
                    f"{self.name} takes uint8 pictures of shape {shape}, not {picture.dtype} "
                    f"{picture.shape}: prepare them to its input"
                )
        return np.stack(pictures)

    def run(self, batch: npt.NDArray[np.uint8]) -> list[npt.NDArray[Any]]:
        """The model's outputs for one batch."""
        try:
            found: list[npt.NDArray[Any]] = self._session.run(self._outputs, {"pixels": batch})
        except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
            raise ModelError(
                f"{self._origin}: the model fails on {batch.shape}: {first_line(error)}"
            ) from error
        return found


def read(file: Path) -> bytes:
    """The bytes of a model file."""
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{file}: no such model file: check the path") from error
    except OSError as error:
        raise ModelError(f"{file}: can't be read ({error.strerror or error})") from error


def session(data: bytes | str, origin: str) -> onnxruntime.InferenceSession:
    """A session on the processor that prints nothing; of a model in memory, or of a file's path."""
    # Here, not above: the import takes a while, and PDQ and `--help` need none of it.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL_ONLY
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise ModelError(
            f"{origin}: ONNX Runtime can't load it ({first_line(error)}): it is damaged or no "
            "ONNX model"
        ) from error


def embedded(session: onnxruntime.InferenceSession, origin: str) -> Card:
    """The card among the metadata of a model."""
    text = session.get_modelmeta().custom_metadata_map.get(CARD_KEY)
    if text is None:
        raise ModelError(
            f"{origin}: an ONNX model without a card: put one beside it, a .json of the same name "
            'such as {"size": 224, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}'
        )
    return Card.parse(text, f"{origin} ({CARD_KEY})")


def checked(session: onnxruntime.InferenceSession, card: Card, origin: str) -> list[str]:
    """The outputs to ask for, after comparing the model with its card."""
    inputs = {entry.name: entry for entry in session.get_inputs()}
    outputs = {entry.name: entry for entry in session.get_outputs()}
    wanted = {"code": ("tensor(uint8)", (card.bits + 7) // 8)}
    if card.embedding_size:
        wanted["embedding"] = ("tensor(int8)", card.embedding_size)
    pixels = inputs.get("pixels")
    if len(inputs) != 1 or pixels is None or pixels.type != "tensor(uint8)":
        raise ModelError(
            f"{origin}: takes {', '.join(inputs) or 'nothing'}, where one uint8 input named pixels "
            "is needed: export it with lookalike"
        )
    if list(pixels.shape[1:]) != [card.input.size, card.input.size, 3]:
        raise ModelError(
            f"{origin}: takes pictures of {pixels.shape[1:]}, its card says {card.input.size} px"
        )
    for name, (kind, width) in wanted.items():
        entry = outputs.get(name)
        if entry is None or entry.type != kind or list(entry.shape[1:]) != [width]:
            raise ModelError(
                f"{origin}: has no output {name} of type {kind} and width {width} as its card says "
                f"(outputs: {', '.join(outputs) or 'none'})"
            )
    return list(wanted)


def first_line(error: Exception) -> str:
    """The message of an exception, without the lines that follow the first."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
