"""Which file of a model's folder is what: the layout of ONNX exports on the Hugging Face hub.

A folder holds ``config.json`` and ``preprocessor_config.json``, the ONNX files in ``onnx/``, each
in several precisions that their endings tell, and for text ``tokenizer.json``. A model of two
towers has ``vision_model.onnx`` and ``text_model.onnx``, or both in one ``model.onnx``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lookalike.encoders.image_processors import MODEL_TYPES, class_of
from lookalike.encoders.timm_settings import KEY as TIMM_KEY
from lookalike.errors import ModelError, UsageError

__all__ = [
    "PRECISIONS",
    "check_precision",
    "companions",
    "describing",
    "files_in",
    "image_files",
    "image_model",
    "image_settings",
    "read_json",
    "text_files",
    "text_model",
]

PRECISIONS = {
    "fp32": "",
    "fp16": "_fp16",
    "q8": "_quantized",
    "int8": "_int8",
    "uint8": "_uint8",
    "q4": "_q4",
    "q4f16": "_q4f16",
    "bnb4": "_bnb4",
}
"""Precisions by the names that the hub's own library has for them, and the files' endings."""

CONFIG = "config.json"
_PREPROCESSOR, _PROCESSOR = "preprocessor_config.json", "processor_config.json"
_TOKENIZER = "tokenizer.json"
_LARGEST_JSON = 100_000_000
# Of sentence-transformers: what follows the model, each step in a folder of its own.
_DESCRIBES = re.compile(r"config\.json|\d+_(?!Normalize)\w+/config\.json")


def check_precision(precision: str) -> str:
    """The precision itself.

    Raises:
        UsageError: there is none of this name.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"no precision is called {precision!r}: there are {', '.join(PRECISIONS)}")
    return precision


def files_in(folder: Path) -> set[str]:
    """The names of the files in a model's folder that could matter, with slashes."""
    found = {p.relative_to(folder).as_posix() for p in folder.glob("[0-9]*_*/config.json")}
    for place in (folder, folder / "onnx"):
        if place.is_dir():
            found.update(
                entry.relative_to(folder).as_posix() for entry in place.iterdir() if entry.is_file()
            )
    return found


def image_model(names: Collection[str], precision: str, origin: str) -> str:
    """The ONNX file of the image tower.

    Raises:
        ModelError: there is none in this precision; the message says which there are.
    """
    found = _model(names, precision, ("vision_model", "model"))
    if found is None:
        there = [p for p in PRECISIONS if _model(names, p, ("vision_model", "model"))]
        others = f"there are {', '.join(there)}: add :{there[0]}" if there else "it has none at all"
        raise ModelError(
            f"{origin} has no ONNX image model in {precision} "
            f"(onnx/model{PRECISIONS[precision]}.onnx): {others}"
        )
    return found


def text_model(names: Collection[str], precision: str) -> str | None:
    """The ONNX file of the text tower; ``None`` where the model takes no text."""
    if _TOKENIZER not in names:
        return None
    return _model(names, precision, ("text_model", "model"))


def image_files(names: Collection[str], precision: str, origin: str) -> list[str]:
    """All files that the image tower takes.

    Raises:
        ModelError: the model or its preprocessor's settings are missing.
    """
    settings = [name for name in (_PREPROCESSOR, _PROCESSOR) if name in names]
    if not settings:
        if CONFIG not in names:
            raise _unsaid(origin)
        settings = [CONFIG]  # timm has its settings there
    model = image_model(names, precision, origin)
    return [*settings, *companions(names, model)]


def describing(names: Collection[str]) -> list[str]:
    """The small files that tell of what kind a model is, and what follows it."""
    return sorted(name for name in names if _DESCRIBES.fullmatch(name))


def image_settings(folder: Path, origin: str) -> Mapping[str, Any]:
    """How pictures are prepared, as the model's folder says it.

    As transformers has it: what is nested in ``processor_config.json`` goes first; where no class
    is named, ``config.json`` tells it by the kind of the model; and that file has the settings of
    models of timm.

    Raises:
        ModelError: nothing says it, or a file can't be read.
    """
    settings = _settings(folder)
    if settings is not None and class_of(settings):
        return settings
    config = read_json(folder / CONFIG) if (folder / CONFIG).is_file() else {}
    if settings is None:
        if TIMM_KEY not in config:
            raise _unsaid(origin)
        return config
    named = config.get("image_processor_type") or MODEL_TYPES.get(str(config.get("model_type")))
    return settings if named is None else {**settings, "image_processor_type": named}


def text_files(names: Collection[str], precision: str) -> list[str]:
    """All files that the text tower takes; empty where there is none."""
    model = text_model(names, precision)
    if model is None:
        return []
    more = ("config.json", "tokenizer_config.json", "special_tokens_map.json")
    return [_TOKENIZER, *(n for n in more if n in names), *companions(names, model)]


def companions(names: Collection[str], model: str) -> list[str]:
    """An ONNX file, and the files beside it that hold the weights of a large one."""
    weights = re.compile(re.escape(model) + r"[._]data(_\d+)?")
    return [model, *sorted(name for name in names if weights.fullmatch(name))]


def read_json(file: Path) -> Mapping[str, Any]:
    """The JSON object in a file.

    Raises:
        ModelError: there is no such file, or it holds something else.
    """
    try:
        if file.stat().st_size > _LARGEST_JSON:
            raise ModelError(f"{file}: larger than {_LARGEST_JSON:,} bytes: not a model's settings")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: can't be read as JSON ({error})") from error
    if not isinstance(found, dict):
        raise ModelError(f"{file}: holds no JSON object")
    return found


def _settings(folder: Path) -> Mapping[str, Any] | None:
    """What a preprocessor's file in a folder holds."""
    if (folder / _PROCESSOR).is_file():
        nested = read_json(folder / _PROCESSOR).get("image_processor")
        if isinstance(nested, dict):
            return nested
    for name in (_PREPROCESSOR, _PROCESSOR):
        if (folder / name).is_file():
            return read_json(folder / name)
    return None


def _unsaid(origin: str) -> ModelError:
    return ModelError(
        f"{origin} has no preprocessor_config.json: it says nothing of how pictures are "
        "prepared, so take another export, or write the file"
    )


def _model(names: Collection[str], precision: str, stems: tuple[str, ...]) -> str | None:
    for stem in stems:
        for folder in ("onnx/", ""):
            name = f"{folder}{stem}{PRECISIONS[precision]}.onnx"
            if name in names:
                return name
    return None
