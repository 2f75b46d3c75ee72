"""An image tower with a fit: the encoder that a third-party model becomes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from lookalike.encoders.fits import Fit, fit_features, packed, unpacked
from lookalike.encoders.origins import Origin
from lookalike.encoders.recipes import Recipe
from lookalike.encoders.text import TextTower
from lookalike.encoders.towers import Floats, ImageTower
from lookalike.errors import ModelError
from lookalike.types import Encoded, InputSpec, Pixels

__all__ = ["STORED_BYTES", "FittedEncoder", "StoredRecipe"]

KIND = "fitted"
STORED_BYTES = 64_000_000
"""A model up to this size is kept in a library; of a larger one, where it is and its checksum."""


class FittedEncoder:
    """An :class:`~lookalike.types.Encoder` of a published model and a fit.

    As loaded by name it has no fit to speak of: codes of random hyperplanes, without centring.
    :meth:`fitted` gives the encoder with a fit on pictures. A library does so by itself.

    Args:
        recipe: of the image tower.
        tower: the image tower.
        fit: by default the one on no pictures.
        model: the ONNX file's bytes, if it was loaded from those.
    """

    def __init__(
        self,
        recipe: Recipe,
        tower: ImageTower,
        fit: Fit | None = None,
        *,
        model: bytes | None = None,
    ) -> None:
        self._recipe = recipe
        self._model = model
        self._tower = tower
        self._fit = fit or fit_features(np.empty((0, tower.size), np.float32))
        if self._fit.size != tower.size:
            raise ModelError(
                f"{recipe.origin}: gives {tower.size} features, its fit takes {self._fit.size}"
            )

    @classmethod
    def load(cls, origin: Origin, *, threads: int | None = None) -> FittedEncoder:
        """The encoder of an origin, fetched where need be, without a fit to speak of.

        Raises:
            ModelError: the model can't be had, or is of another kind.
            UsageError: ``threads`` is less than 1.
        """
        recipe = Recipe.of(origin.pinned())
        return cls(recipe, recipe.checked(recipe.tower(threads=threads)))

    @property
    def name(self) -> str:
        """Name of the code."""
        return self._recipe.name

    @property
    def bits(self) -> int:
        """Width of the code."""
        return self._fit.bits

    @property
    def embedding_size(self) -> int:
        """Width of the int8 embedding: the number of features."""
        return self._fit.size

    @property
    def input(self) -> InputSpec:
        """What :meth:`encode` takes."""
        return self._tower.preprocessing.input

    @property
    def fingerprint(self) -> str:
        """16 hex digits that depend on the model's files, its settings, and the fit."""
        return fingerprint(self._recipe, self._fit)

    @property
    def fit(self) -> Fit:
        """The fit."""
        return self._fit

    @property
    def recipe(self) -> Recipe:
        """What the image tower is."""
        return self._recipe

    @property
    def tower(self) -> ImageTower:
        """The image tower."""
        return self._tower

    def encode(self, pictures: Sequence[Pixels]) -> Encoded:
        """Encode pictures that were prepared to :attr:`input`.

        Returns:
            Codes, uint8 (n, ceil(bits / 8)), and embeddings, int8 (n, d): centred features, whose
            lengths differ.

        Raises:
            UsageError: a picture of another shape or type.
            ModelError: the model fails.
        """
        return self._fit.encode(self._tower.features(pictures))

    def fitted(self, features: Floats, *, drawn_from: int | None = None) -> FittedEncoder:
        """The same model with a fit on the features of pictures.

        Args:
            features: as ``tower.features`` gives them, float32 (n, d).
            drawn_from: pictures that those were drawn from; n by default.
        """
        fit = fit_features(features, drawn_from=drawn_from)
        return FittedEncoder(self._recipe, self._tower, fit, model=self._model)

    def card(self) -> str:
        """What a library keeps of it as text."""
        recipe = self._recipe
        values = {
            "kind": KIND,
            "source": asdict(recipe.origin),
            "name": recipe.name,
            "digests": dict(recipe.digests),
            "settings": dict(recipe.settings),
            "output": recipe.output,
            "pooling": recipe.pooling,
            "text": recipe.text,
            "by_class": recipe.by_class,
            "pooled": recipe.pooled,
            "kept": self._keeps_model,
            "fit": self._fit.told(),
        }
        return json.dumps(values)

    def data(self) -> bytes:
        """What a library keeps of it besides: the fit, and the model if it isn't large.

        Raises:
            ModelError: the model's file was replaced after it was loaded.
        """
        arrays: dict[str, Any] = dict(self._fit.arrays())
        recipe, model = self._recipe, self._model
        if model is None and self._keeps_model:
            ((name, digest),) = recipe.digests.items()
            model = (recipe.folder / name).read_bytes()
            if hashlib.sha256(model).hexdigest() != digest:
                raise ModelError(f"{recipe.folder / name}: was replaced while it was loaded")
        if model is not None:
            arrays["model"] = np.frombuffer(model, np.uint8)
        return packed(arrays)

    @property
    def _keeps_model(self) -> bool:
        """Whether a library keeps the model too."""
        if self._model is not None:
            return True
        return len(self._recipe.digests) == 1 and self._recipe.size() <= STORED_BYTES


class StoredRecipe:
    """What a library keeps of a fitted encoder, before anything large is loaded.

    Args:
        card: as :meth:`FittedEncoder.card` gives it.

    Raises:
        ModelError: the card is damaged.
    """

    def __init__(self, card: str) -> None:
        try:
            values = json.loads(card)
            self.recipe = Recipe(
                Origin(**values["source"]),
                str(values["name"]),
                dict(values["digests"]),
                dict(values["settings"]),
                values["output"],
                values["pooling"],
                bool(values["text"]),
                bool(values.get("by_class", False)),
                bool(values.get("pooled", False)),
            )
            self.kept = bool(values["kept"])
            self.fit: Mapping[str, Any] = values["fit"]
            self.pictures = int(self.fit["pictures"])
            self.drawn_from = int(self.fit["drawn_from"])
        except (ValueError, TypeError, KeyError) as error:
            raise ModelError(
                f"a library's model card is damaged ({error}): reindex with --model"
            ) from error

    @staticmethod
    def is_one(card: str | None) -> bool:
        """Whether a card is one of these."""
        if card is None:
            return False
        try:
            values = json.loads(card)
        except ValueError:
            return False
        return isinstance(values, dict) and values.get("kind") == KIND

    def load(self, data: bytes, *, threads: int | None = None) -> FittedEncoder:
        """The encoder.

        Args:
            data: as :meth:`FittedEncoder.data` gave it.
            threads: pictures that are worked on at a time.

        Raises:
            ModelError: the model's files are gone or others by now; the message says what to do.
        """
        arrays = unpacked(data)
        model = arrays["model"].tobytes() if self.kept and "model" in arrays else None
        self.check()
        tower = self.recipe.tower(model, threads=threads)
        return FittedEncoder(self.recipe, tower, Fit.of(self.fit, arrays), model=model)

    def fingerprint(self, data: bytes) -> str:
        """The encoder's fingerprint, which needs no model.

        Raises:
            ModelError: the data are damaged.
        """
        return fingerprint(self.recipe, Fit.of(self.fit, unpacked(data)))

    @property
    def encoder_input(self) -> InputSpec:
        """What the encoder takes."""
        return self.recipe.preprocessing.input

    def check(self) -> None:
        """Make sure that the model's files are there, unless the library keeps the model itself.

        Raises:
            ModelError: they aren't; the message says what to do.
        """
        if self.kept:
            return
        origin = self.recipe.origin
        try:
            if origin.kind == "hub":
                origin.pinned(ask=False)
            missing = [n for n in self.recipe.digests if not (self.recipe.folder / n).is_file()]
        except ModelError:
            missing = list(self.recipe.digests)
        if missing and origin.kind == "hub":
            raise ModelError(
                f"the model of this library isn't in the cache any more: fetch it with 'lookalike "
                f"index --model {origin}'"
            )
        if missing:
            raise ModelError(
                f"the model of this library isn't where it was, {self.recipe.folder / missing[0]}: "
                "put it back, or 'lookalike reindex --model' with another"
            )

    def text(
        self, data: bytes, progress: Callable[[int, int], object] | None = None
    ) -> tuple[TextTower, Fit]:
        """The text tower, fetched where need be, and the fit.

        Raises:
            ModelError: there is none, or it can't be fetched.
            MissingExtraError: ``tokenizers`` isn't installed.
        """
        side = self.recipe.preprocessing.side
        tower = self.recipe.origin.text_tower(side, progress)
        return tower, Fit.of(self.fit, unpacked(data))


def fingerprint(recipe: Recipe, fit: Fit) -> str:
    """Of a model and its fit."""
    state = hashlib.sha256()
    prepared = asdict(recipe.preprocessing)
    if not prepared["input"]["edge"]:  # as before there was any: libraries keep their fingerprints
        del prepared["input"]["edge"], prepared["input"]["rounding"]
    made = [list(recipe.digests.values()), prepared, recipe.output, recipe.pooling, fit.scale]
    state.update(json.dumps(made, sort_keys=True).encode())
    for array in fit.arrays().values():
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()[:16]
