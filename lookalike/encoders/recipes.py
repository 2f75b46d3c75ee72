"""What an image tower is in all that decides what it makes of a picture."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lookalike.encoders import layout
from lookalike.encoders.families import Features
from lookalike.encoders.origins import Origin
from lookalike.encoders.preprocessing import Preprocessing
from lookalike.encoders.towers import ImageTower, Pooling
from lookalike.errors import ModelError

__all__ = ["Recipe", "digest_of", "is_small_card"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image tower in all that decides what it makes of a picture.

    Attributes:
        origin: where it is from, with a commit if that is the hub.
        name: of the codes.
        digests: SHA-256 in hex of its ONNX files by their names, the model first.
        settings: the keys of ``preprocessor_config.json``; of timm, those of ``config.json``.
        output: as of :class:`~lookalike.encoders.towers.ImageTower`.
        pooling: likewise.
        text: whether there is a text tower beside it.
        pooled: as of :class:`~lookalike.encoders.towers.ImageTower`.
        by_class: whether the settings are read as the class that they name follows them; libraries
            of before keep the reading of their codes.
    """

    origin: Origin
    name: str
    digests: Mapping[str, str]
    settings: Mapping[str, Any]
    output: str | None
    pooling: Pooling | None
    text: bool
    by_class: bool = True
    pooled: bool = False

    @classmethod
    def of(cls, origin: Origin) -> Recipe:
        """The recipe of a pinned origin.

        Raises:
            ModelError: a file is missing or damaged.
        """
        if origin.kind == "onnx":
            return _of_file(origin)
        origin.names()  # says where there is no folder
        folder = origin.path
        names = layout.files_in(folder)
        files = layout.image_files(names, origin.precision, str(origin))
        onnx = [name for name in files if not name.endswith(".json")]
        features = Features.of(folder, str(origin))
        return cls(
            origin,
            origin.name,
            {name: digest_of(folder / name) for name in onnx},
            layout.image_settings(folder, str(origin)),
            features.output,
            features.pooling,
            origin.has_text(),
            pooled=features.pooled,
        )

    @property
    def preprocessing(self) -> Preprocessing:
        """What is done to a picture first."""
        return Preprocessing.parse(self.settings, str(self.origin), by_class=self.by_class)

    @property
    def folder(self) -> Path:
        """Where the ONNX files are."""
        path = self.origin.path
        return path.parent if self.origin.kind == "onnx" else path

    def size(self) -> int:
        """Bytes of the ONNX files."""
        return sum((self.folder / name).stat().st_size for name in self.digests)

    def tower(self, data: bytes | None = None, *, threads: int | None = None) -> ImageTower:
        """The image tower.

        Args:
            data: the ONNX file, where it is kept elsewhere.
            threads: pictures that are worked on at a time.

        Raises:
            ModelError: the file is missing, damaged, or another by now.
        """
        model = next(iter(self.digests))
        if data is None:
            for name, digest in self.digests.items():
                if digest_of(self.folder / name) != digest:
                    raise ModelError(f"{self.folder / name}: was replaced: another model by now")
        return ImageTower(
            self.folder / model if data is None else data,
            self.preprocessing,
            str(self.origin),
            output=self.output,
            pooling=self.pooling,
            pooled=self.pooled,
            threads=threads,
        )

    def checked(self, tower: ImageTower) -> ImageTower:
        """A tower that is new here, once it is sure to give features, and the same again.

        Raises:
            ModelError: it gives something else.
        """
        of_folder = self.origin.kind != "onnx"
        features = Features.of(self.folder, str(self.origin)) if of_folder else Features()
        features.check(tower, str(self.origin))
        return tower


def is_small_card(values: Mapping[str, Any]) -> bool:
    """Whether the JSON beside an ONNX file is a small card, and not one of lookalike's own."""
    return "bits" not in values and "size" in values


def digest_of(file: Path) -> str:
    """SHA-256 of a model's file, in hex.

    Raises:
        ModelError: there is no such file.
    """
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelError(f"{file}: no such model file: check the path") from error
    except OSError as error:
        raise ModelError(f"{file}: can't be read ({error.strerror or error})") from error


def _of_file(origin: Origin) -> Recipe:
    file = origin.path
    digest = digest_of(file)
    card = file.with_suffix(".json")
    if not card.is_file():
        raise ModelError(
            f"{file}: an ONNX model without a card: put one beside it, {card.name}, such as "
            '{"size": 224, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}'
        )
    settings = layout.read_json(card)
    pooling = settings.get("pooling")
    if pooling not in (None, "cls", "mean"):
        raise ModelError(f"{card}: pooling is cls or mean, not {pooling!r}")
    output = settings.get("output")
    names = {entry.name for entry in file.parent.iterdir()}
    weights = [name for name in layout.companions(names, file.name) if name != file.name]
    return Recipe(
        origin,
        str(settings.get("name") or origin.name),
        {file.name: digest, **{name: digest_of(file.parent / name) for name in weights}},
        settings,
        None if output is None else str(output),
        cast("Pooling | None", pooling),
        False,
    )
