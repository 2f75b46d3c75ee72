"""Encoders by name: perceptual hashes, the shipped models, ONNX files, models of a hub.

A name is one of :func:`names`, the path of an ``.onnx`` file, or one that
:mod:`lookalike.encoders.origins` describes, such as ``hub:OWNER/NAME``.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lookalike.encoders.cards import Card
from lookalike.encoders.fitted import FittedEncoder, StoredRecipe
from lookalike.encoders.layout import read_json
from lookalike.encoders.learned_from import LearnedFrom
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.encoders.origins import Origin, parse
from lookalike.encoders.pdq_area import PDQArea
from lookalike.encoders.perceptual import PDQ
from lookalike.encoders.perceptual_hash import PerceptualHash
from lookalike.encoders.recipes import is_small_card
from lookalike.errors import ModelError, UsageError
from lookalike.types import Encoder

__all__ = [
    "ALIASES",
    "HASHES",
    "MODELS",
    "PERCEPTUAL",
    "card",
    "features_path",
    "fingerprint",
    "foreign",
    "learned_from",
    "load",
    "load_photo",
    "load_stored",
    "names",
    "perceptual",
    "resolve",
    "stored",
    "stored_fingerprint",
]

MODELS = Path(__file__).parent / "models"
"""Where the shipped models lie, each with its card."""

ALIASES = {"photo": "photo-256"}
"""Short names; ``photo`` is whatever the default for photographs is."""


PERCEPTUAL = PDQArea.name
"""The perceptual hash that a new library gets in its slot ``pdq``."""

HASHES: dict[str, type[PerceptualHash]] = {made.name: made for made in (PDQ, PDQArea)}
"""Perceptual hashes by name. One whose codes are in libraries stays: they go on with it until they
are reindexed."""


def names() -> list[str]:
    """The names that :func:`load` knows, without the aliases: of the perceptual hashes first."""
    return [*HASHES, *sorted(path.stem for path in MODELS.glob("*.onnx"))]


def perceptual(fingerprint: str) -> type[PerceptualHash] | None:
    """The perceptual hash with this fingerprint; ``None`` if this lookalike has none."""
    return next((made for made in HASHES.values() if made.fingerprint == fingerprint), None)


def load(name: str, *, threads: int | None = None) -> Encoder:
    """An encoder, ready to use.

    Args:
        name: one of :func:`names`, an alias such as ``photo``, the path of an ``.onnx`` file that
            has a card beside it or inside it, or ``hub:OWNER/NAME``, ``hub:FOLDER`` or
            ``onnx:FILE``. The last three give a
            :class:`~lookalike.encoders.fitted.FittedEncoder`, which is yet to be fitted on
            pictures.
        threads: for neural encoders, pictures that are encoded at a time, each by one thread; by
            default as many as there are processors.

    Raises:
        UsageError: no encoder has this name.
        ModelError: the model's file is missing, damaged or of another kind.
    """
    if isinstance(name, str) and name in HASHES:
        return HASHES[name]()
    origin = foreign(name)
    if origin is not None:
        return FittedEncoder.load(origin, threads=threads)
    return OnnxEncoder(model_path(name, hashes=True), threads=threads)


def load_photo(name: str) -> Encoder:
    """As :func:`load`, where a photo model is wanted: an unknown name gets only these offered.

    Raises:
        UsageError: no photo model has this name.
        ModelError: as of :func:`load`.
    """
    if foreign(name) is None:
        model_path(name)
    return load(name)


def resolve(name: str, *, progress: Callable[[int, int], object] | None = None) -> str:
    """A name that will mean the same model tomorrow and in another folder, once its files are here.

    A model of a hub is fetched, and named with its commit; paths become absolute. Other names stay
    as they are, known or not.

    Args:
        name: as of :func:`load`.
        progress: called with the bytes that are there and the bytes in all.

    Raises:
        UsageError: the name can't be understood.
        ModelError: there is no such model, or it can't be fetched.
    """
    origin = foreign(name)
    if origin is not None:
        return str(origin.pinned(progress))
    name = file_of(name)
    return os.path.abspath(name) if name.lower().endswith(".onnx") else name


def card(name: str) -> Card:
    """The card of a model, without loading the model.

    Args:
        name: of a shipped model, an alias, or the path of an ``.onnx`` file with a card beside it.

    Raises:
        UsageError: no model has this name; a perceptual hash is an algorithm and has no card.
        ModelError: the card is missing or damaged.
    """
    if isinstance(name, str) and name in HASHES:
        raise UsageError(f"{name} is an algorithm, not a model: it has no card")
    if foreign(name) is not None:
        raise UsageError(f"{name} has no card of lookalike's own: it is loaded by its name")
    path = model_path(name)
    if not path.is_file():
        raise ModelError(f"{path}: no such model file: check the path")
    return Card.read(path.with_suffix(".json"))


def features_path(name: str) -> Path | None:
    """The codes of a whole data set that are shipped beside a model; ``None`` if there are none."""
    file = MODELS / f"{ALIASES.get(name, name)}.npz"
    return file if file.is_file() and file.parent == MODELS else None


def learned_from(name: str) -> LearnedFrom | None:
    """The pictures that a model learned from; ``None`` where its card doesn't tell.

    A perceptual hash is an algorithm: it learned from none. For an ``.npz`` file of codes that is
    shipped it is that of the model.

    Raises:
        UsageError: no model has this name.
        ModelError: the card is damaged, or its record is missing or damaged.
    """
    if name in HASHES:
        return LearnedFrom.of([], np.empty((0, 32), np.uint8))
    path = Path(name) if name.lower().endswith(".npz") else None
    if foreign(name) is not None or (path is not None and path.resolve().parent != MODELS):
        return None
    model = model_path(name) if path is None else path
    if not model.with_suffix(".json").is_file():
        return None
    told = Card.read(model.with_suffix(".json")).learned_from
    if not told:
        return None
    return LearnedFrom.read(model.parent / Path(str(told["file"])).name, str(told["sha256"]))


def fingerprint(name: str) -> str | None:
    """The fingerprint that :func:`load` would give, from the card alone; ``None`` if unknown."""
    if name in HASHES:
        return HASHES[name].fingerprint
    try:
        return card(name).fingerprint
    except (UsageError, ModelError):
        return None


def stored(encoder: Encoder) -> tuple[str, bytes] | None:
    """What brings an encoder back: card (JSON) and data, which is the ONNX file.

    Of a fitted encoder the data are its fit, and the ONNX file unless it is large.
    ``None`` for an encoder that is code, not data.
    """
    if isinstance(encoder, FittedEncoder):
        return encoder.card(), encoder.data()
    if isinstance(encoder, OnnxEncoder):
        return encoder.card.to_json(), encoder.model()
    return None


def load_stored(card: str, model: bytes, *, threads: int | None = None) -> Encoder:
    """The encoder that :func:`stored` took apart.

    Raises:
        ModelError: card or model are damaged, or a large model is no longer where it was.
    """
    if StoredRecipe.is_one(card):
        return StoredRecipe(card).load(model, threads=threads)
    return OnnxEncoder.from_bytes(model, Card.parse(card, "stored model"), threads=threads)


def stored_fingerprint(card: str, model: bytes) -> str:
    """The fingerprint of the encoder that :func:`stored` took apart; no model is loaded for it.

    Raises:
        ModelError: card or model are damaged.
    """
    if StoredRecipe.is_one(card):
        return StoredRecipe(card).fingerprint(model)
    card_of_model = Card.parse(card, "stored model")
    return replace(card_of_model, sha256=hashlib.sha256(model).hexdigest()).fingerprint


def foreign(name: str) -> Origin | None:
    """Where a third-party model is; ``None`` for lookalike's own.

    Raises:
        UsageError: the name can't be understood.
    """
    if not isinstance(name, str):
        raise UsageError(f"an encoder's name is a str, not {name!r}")
    origin = parse(name)
    if origin is not None and origin.kind != "onnx":
        return origin
    # The card decides, however the file was named.
    path = file_of(name)
    if path == name and not name.lower().endswith(".onnx"):
        return None
    beside = Path(path).with_suffix(".json")
    if beside.is_file() and is_small_card(read_json(beside)):
        return Origin("onnx", os.path.abspath(path))
    return None


def file_of(name: str) -> str:
    """A name without ``onnx:``, which a file with a card of lookalike's own doesn't need."""
    origin = parse(name)
    return origin.place if origin is not None and origin.kind == "onnx" else name


def model_path(name: str, *, hashes: bool = False) -> Path:
    """The ONNX file that a name stands for; ``hashes``: whether one of these would do as well."""
    if file_of(name) != name or name.lower().endswith(".onnx"):
        return Path(file_of(name))
    known = names()
    full = ALIASES.get(name, name)
    if full in HASHES or full not in known:
        told = [*(known if hashes else known[len(HASHES) :]), *ALIASES]
        close = difflib.get_close_matches(name, told, n=1, cutoff=0.5)
        guess = f"did you mean {close[0]}? There are" if close else "there are"
        what = "encoder" if hashes else "photo model"
        raise UsageError(
            f"no {what} is named {name!r}: {guess} {', '.join(told)}, or give the path of an .onnx"
            " file"
        )
    return MODELS / f"{full}.onnx"
