"""What is known of a model file: the card beside it, or the same inside it.

A card is a JSON object with the fields of :class:`Card`. The file beside the model
(``photo-256.json`` for ``photo-256.onnx``) has all of them; the ONNX file itself carries those that
can be known before it is written (all but the checksum), under the metadata key
``lookalike.card``, so that a model that is moved without its card still works.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from lookalike.errors import ModelError
from lookalike.types import InputSpec

__all__ = ["CARD_KEY", "Card"]

CARD_KEY = "lookalike.card"
"""Key of the card among the metadata of an ONNX file."""

FITS = ("within", "stretch", "crop")
RESAMPLES = get_args(InputSpec.__annotations__["resample"]) or (
    "box",
    "bilinear",
    "bicubic",
    "lanczos",
)


@dataclass(frozen=True, slots=True)
class Card:
    """What a model is, takes, gives, was made from and was measured at.

    Attributes:
        name: of the code, such as ``photo-256``.
        bits: width of the code.
        embedding_size: width of the int8 embedding, 0 where there is none.
        input: what it takes.
        sha256: of the ONNX file, in hex; empty while the file is being written.
        fitted_on: which pictures it was trained or fitted on, in a sentence.
        licence: of the model, an SPDX expression.
        attribution: of the weights that it started from.
        command: that makes the file.
        figures: what was measured, by name, with the command that measures it.
        learned_from: the record of the pictures that it learned from, as
            :meth:`~lookalike.encoders.learned_from.LearnedFrom.write` tells of it; empty where
            there is none.
    """

    name: str
    bits: int
    embedding_size: int
    input: InputSpec
    sha256: str = ""
    fitted_on: str = ""
    licence: str = ""
    attribution: str = ""
    command: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    learned_from: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The first 16 hex digits of the checksum: another file, another fingerprint."""
        return self.sha256[:16]

    @classmethod
    def read(cls, path: Path) -> Card:
        """The card in a JSON file.

        Raises:
            ModelError: there is no such file, or it is no card.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{path}: the model's card can't be read ({error})") from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, origin: str) -> Card:
        """The card in a JSON text; ``origin`` names it in errors.

        Raises:
            ModelError: the text is no card.
        """
        try:
            values = json.loads(text)
            spec = values["input"]
            card = cls(
                name=str(values["name"]),
                bits=int(values["bits"]),
                embedding_size=int(values["embedding_size"]),
                input=InputSpec(int(spec["size"]), spec["fit"], spec["resample"]),
                sha256=str(values.get("sha256", "")),
                fitted_on=str(values.get("fitted_on", "")),
                licence=str(values.get("licence", "")),
                attribution=str(values.get("attribution", "")),
                command=str(values.get("command", "")),
                figures=dict(values.get("figures", {})),
                learned_from=dict(values.get("learned_from", {})),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelError(
                f"{origin}: not a model card ({type(error).__name__}: {error}); "
                "export the model again with lookalike"
            ) from error
        if not 1 <= card.bits <= 4096 or card.embedding_size < 0 or card.input.size < 1:
            raise ModelError(
                f"{origin}: a code of {card.bits} bits, embedding {card.embedding_size}, input "
                f"{card.input.size} px is out of range (1 to 4096 bits, sizes from 1)"
            )
        if card.input.fit not in FITS or card.input.resample not in RESAMPLES:
            raise ModelError(
                f"{origin}: input fit {card.input.fit!r} or resample {card.input.resample!r} is "
                f"unknown (use {', '.join(FITS)}; {', '.join(RESAMPLES)})"
            )
        return card

    def to_json(self, *, checksum: bool = True) -> str:
        """The card as JSON text, with the checksum and fingerprint unless told otherwise."""
        values = asdict(self)
        values["figures"] = dict(self.figures)
        if not self.learned_from:
            del values["learned_from"]
        del values["input"]["edge"], values["input"]["rounding"]  # of third-party models alone
        if checksum:
            values["fingerprint"] = self.fingerprint
        else:
            del values["sha256"]
        return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
