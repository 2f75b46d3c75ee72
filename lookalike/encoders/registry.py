"""Encoders by name: ``pdq``, the neural models that ship with the package, and any ONNX file."""

from __future__ import annotations

import difflib
from pathlib import Path

from lookalike.encoders.cards import Card
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.errors import ModelError, UsageError
from lookalike.types import Encoder

__all__ = [
    "ALIASES",
    "MODELS",
    "card",
    "features_path",
    "fingerprint",
    "load",
    "load_stored",
    "names",
    "stored",
]

MODELS = Path(__file__).parent / "models"
"""Where the shipped models lie, each with its card."""

ALIASES = {"photo": "photo-256"}
"""Short names; ``photo`` is whatever the default for photographs is."""


def names() -> list[str]:
    """The names that :func:`load` knows, without the aliases: ``pdq`` and the shipped models."""
    return ["pdq", *sorted(path.stem for path in MODELS.glob("*.onnx"))]


def load(name: str, *, threads: int | None = None) -> Encoder:
    """An encoder, ready to use.

    Args:
        name: one of :func:`names`, an alias such as ``photo``, or the path of an ``.onnx`` file
            that has a card beside it or inside it.
        threads: for neural encoders, pictures that are encoded at a time, each by one thread; by
            default as many as there are processors.

    Raises:
        UsageError: no encoder has this name.
        ModelError: the model's file is missing, damaged or of another kind.
    """
    if name == "pdq":
        # Here, not above: PDQ's kernels bring in Numba.
        from lookalike.encoders.perceptual import PDQ

        return PDQ()
    return OnnxEncoder(model_path(name), threads=threads)


def card(name: str) -> Card:
    """The card of a model, without loading the model.

    Args:
        name: of a shipped model, an alias, or the path of an ``.onnx`` file with a card beside it.

    Raises:
        UsageError: no model has this name; ``pdq`` is an algorithm and has no card.
        ModelError: the card is missing or damaged.
    """
    if name == "pdq":
        raise UsageError("pdq is an algorithm, not a model: it has no card")
    return Card.read(model_path(name).with_suffix(".json"))


def features_path(name: str) -> Path | None:
    """The codes of a whole data set that are shipped beside a model; ``None`` if there are none."""
    file = MODELS / f"{ALIASES.get(name, name)}.npz"
    return file if file.is_file() and file.parent == MODELS else None


def fingerprint(name: str) -> str | None:
    """The fingerprint that :func:`load` would give, from the card alone; ``None`` if unknown."""
    if name == "pdq":
        from lookalike.encoders.perceptual import PDQ

        return PDQ().fingerprint
    try:
        return card(name).fingerprint
    except (UsageError, ModelError):
        return None


def stored(encoder: Encoder) -> tuple[str, bytes] | None:
    """What brings an encoder back where its file is gone: card (JSON) and ONNX file.

    ``None`` for an encoder that is code, not data.
    """
    if isinstance(encoder, OnnxEncoder):
        return encoder.card.to_json(), encoder.model()
    return None


def load_stored(card: str, model: bytes, *, threads: int | None = None) -> Encoder:
    """The encoder that :func:`stored` took apart.

    Raises:
        ModelError: card or model are damaged.
    """
    return OnnxEncoder.from_bytes(model, Card.parse(card, "stored model"), threads=threads)


def model_path(name: str) -> Path:
    """The ONNX file that a name stands for."""
    if name.lower().endswith(".onnx"):
        return Path(name)
    known = names()
    full = ALIASES.get(name, name)
    if full == "pdq" or full not in known:
        close = difflib.get_close_matches(name, [*known, *ALIASES], n=1, cutoff=0.5)
        guess = f"did you mean {close[0]}? " if close else ""
        raise UsageError(
            f"no encoder is named {name!r}: {guess}There are {', '.join([*known, *ALIASES])}, or "
            "give the path of an .onnx file"
        )
    return MODELS / f"{full}.onnx"
