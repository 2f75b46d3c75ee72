"""Texts to unit vectors, by the text tower of a model whose pictures live in the same space.

Needs the extra ``hub``, which brings the package ``tokenizers``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lookalike.encoders.layout import read_json
from lookalike.encoders.towers import PICTURE_INPUT, Model
from lookalike.encoders.unit import unit
from lookalike.errors import MissingExtraError, ModelError, UsageError
from lookalike.system.installing import install_command

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["TextTower"]

TEXT_OUTPUTS = ("text_embeds", "pooler_output", "sentence_embedding")
"""Outputs that hold a text's features, the first one that there is."""

# What stands in a tokenizer's settings where there is no limit is far above this.
_LONGEST = 100_000
# Families that were trained on texts padded to one length, without a mask: padding is part of what
# they read. Zhai et al., "Sigmoid loss for language image pre-training", ICCV 2023.
_ALWAYS_PADDED = ("siglip",)
# Settings leave out what is a family's default.
_USUAL_LENGTHS = {"siglip": 64, "clip": 77}


class TextTower:
    """Texts to unit vectors of real features. Threads may share one.

    Args:
        folder: of the model: ``tokenizer.json``, and ``tokenizer_config.json``,
            ``special_tokens_map.json`` and ``config.json`` where the model has them.
        file: the ONNX file.
        side: of the pictures, in pixels, which a joint model takes too.

    Raises:
        MissingExtraError: ``tokenizers`` isn't installed.
        ModelError: a file is missing, damaged, or of another kind.
    """

    def __init__(self, folder: Path, file: Path, side: int) -> None:
        self._origin = str(file)
        settings = _settings(folder, "tokenizer_config.json")
        config = _settings(folder, "config.json")
        self._tokenizer = _tokenizer(folder)
        self._lower = bool(settings.get("do_lower_case", False))
        self._model = Model(file, self._origin)
        if "input_ids" not in self._model.inputs:
            raise ModelError(
                f"{file}: takes {', '.join(self._model.inputs)}, where a text's input_ids are "
                "needed: this model has no text tower"
            )
        self._output = next((name for name in TEXT_OUTPUTS if name in self._model.outputs), None)
        if self._output is None:
            raise ModelError(
                f"{file}: gives {', '.join(self._model.outputs)}, none of which is a text's "
                f"features ({', '.join(TEXT_OUTPUTS)}): take an export with its projection"
            )
        self._others = self._no_picture(side)
        fixed = self._model.fixed("input_ids", 1)
        longest = fixed or _longest(settings, config)
        self._length = self._prepare(settings, config, folder, longest, always=fixed is not None)
        self._lock = threading.Lock()

    @property
    def length(self) -> int | None:
        """Tokens that a text is cut to; ``None`` where the model states no limit."""
        return self._length

    def features(self, text: str) -> npt.NDArray[np.float32]:
        """The features of a text, float32 (d,), of length 1.

        Raises:
            UsageError: there is no text, or the tokenizer makes nothing of it.
            ModelError: the model fails.
        """
        if not text.strip():
            raise UsageError("an empty text finds nothing: say what the pictures show")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise UsageError(f"{text!r} isn't text: it holds bytes that aren't UTF-8") from error
        with self._lock:
            encoded = self._tokenizer.encode(text.lower() if self._lower else text)
        if not encoded.ids:
            raise UsageError(f"the model's tokenizer makes nothing of {text!r}: use other words")
        rows = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
            "position_ids": list(range(len(encoded.ids))),
        }
        feed = dict(self._others)
        for name, row in rows.items():
            if name in self._model.inputs:
                feed[name] = np.asarray([row], self._model.dtype(name))
        found = self._model.run(str(self._output), feed)
        if found.ndim != 2 or len(found) != 1:
            raise ModelError(
                f"{self._origin}: the output {self._output} has the shape {found.shape} for one "
                "text, where (1, d) is needed"
            )
        return unit(found[0], self._origin)

    def _no_picture(self, side: int) -> dict[str, npt.NDArray[Any]]:
        """What a joint model's other tower gets."""
        model = self._model
        if PICTURE_INPUT not in model.inputs:
            return {}
        shape = (1, model.fixed(PICTURE_INPUT, 1) or 3, side, side)
        return {PICTURE_INPUT: np.zeros(shape, model.dtype(PICTURE_INPUT))}

    def _prepare(
        self,
        settings: Mapping[str, Any],
        config: Mapping[str, Any],
        folder: Path,
        longest: int | None,
        *,
        always: bool,
    ) -> int | None:
        """Let the tokenizer cut, and pad where the model was trained so."""
        own = self._tokenizer.padding or {}
        family = str(config.get("model_type", ""))
        padded = (
            always
            or own.get("length") is not None
            or settings.get("padding") == "max_length"
            or family.startswith(_ALWAYS_PADDED)
        )
        limit = longest or own.get("length")
        if limit is None:
            # Its own limit, where tokenizer.json has one, is kept.
            self._tokenizer.no_padding()
            truncation = self._tokenizer.truncation
            return None if truncation is None else int(truncation["max_length"])
        self._tokenizer.enable_truncation(limit)
        if not padded:
            self._tokenizer.no_padding()
            return limit
        token, number = self._padding(own, settings, config, folder)
        direction = own.get("direction") or str(settings.get("padding_side") or "right")
        self._tokenizer.enable_padding(
            direction=direction,
            length=int(limit if always else own.get("length") or limit),
            pad_id=number,
            pad_token=token,
        )
        return limit

    def _padding(
        self,
        own: Mapping[str, Any],
        settings: Mapping[str, Any],
        config: Mapping[str, Any],
        folder: Path,
    ) -> tuple[str, int]:
        """The token that fills up a text, and its number."""
        if own.get("pad_token") is not None and own.get("pad_id") is not None:
            return str(own["pad_token"]), int(own["pad_id"])
        specials = _settings(folder, "special_tokens_map.json")
        token = settings.get("pad_token") or specials.get("pad_token")
        if isinstance(token, Mapping):
            token = token.get("content")
        number = None if token is None else self._tokenizer.token_to_id(str(token))
        if number is None:
            number = _text_config(config).get("pad_token_id", config.get("pad_token_id"))
        if number is None:
            raise ModelError(
                f"{folder}: texts have to be padded, and nothing says with what (pad_token in "
                "tokenizer_config.json): take another export"
            )
        return str(token or ""), int(number)


def _tokenizer(folder: Path) -> Tokenizer:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError(
            f"text queries take tokenizers: {install_command('hub')}"
        ) from error
    file = folder / "tokenizer.json"
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises Exception itself
        raise ModelError(f"{file}: no tokenizer that can be read ({error})") from error


def _settings(folder: Path, name: str) -> Mapping[str, Any]:
    return read_json(folder / name) if (folder / name).is_file() else {}


def _text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    found = config.get("text_config")
    return found if isinstance(found, Mapping) else {}


def _longest(settings: Mapping[str, Any], config: Mapping[str, Any]) -> int | None:
    """Tokens that a text may have, by the smaller of what the tokenizer and the model say."""
    stated = (
        settings.get("model_max_length"),
        _text_config(config).get("max_position_embeddings"),
        config.get("max_position_embeddings"),
    )
    limits = [
        int(value) for value in stated if isinstance(value, int | float) and 1 <= value <= _LONGEST
    ]
    family = str(config.get("model_type", ""))
    usual = next((n for name, n in _USUAL_LENGTHS.items() if family.startswith(name)), None)
    return min(limits, default=usual)
