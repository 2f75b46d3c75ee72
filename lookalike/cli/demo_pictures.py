"""Where the demo's pictures come from."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import LookalikeError, MissingExtraError, UsageError
from lookalike.system.installing import install_command

if TYPE_CHECKING:
    from PIL.Image import Image

    from lookalike.library import Library
    from lookalike.types import Pixels

__all__ = ["DATA_VARIABLE", "DemoPictures", "choose_pictures", "choose_query"]

DATA_VARIABLE = "LOOKALIKE_DATA"

# Pictures of CIFAR-10 that the demo takes: enough to be alike, and quick.
_CIFAR_PICTURES = 1000

# Files in scikit-image and scikit-learn that are photographs.
_PHOTOGRAPHS = (
    ("skimage", "data", (
        "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png",
        "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png",
        "motorcycle_left.png", "motorcycle_right.png", "retina.jpg", "rocket.jpg",
    )),
    ("sklearn", "datasets/images", ("china.jpg", "flower.jpg")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoPictures:
    """A folder to index.

    Attributes:
        folder: of the pictures.
        told: what they are, in a few words.
        favourite: file name of a good query; empty where any will do.
    """

    folder: Path
    told: str
    favourite: str = ""


def choose_pictures(given: Path | None, data: Path, out: Path) -> DemoPictures:
    """The pictures for the demo: the user's, else those of the data folder, else bundled ones.

    Args:
        given: a folder, if the user named one.
        data: the data folder; it need not exist.
        out: where pictures may be written.

    Raises:
        UsageError: ``given`` is no folder.
        MissingExtraError: there are none, and no package that carries any.
    """
    if given is not None:
        given = given.expanduser()
        if not given.is_dir():
            raise UsageError(f"{given} is not a folder that can be reached")
        return DemoPictures(given, "your pictures")
    if (data / "photos").is_dir():
        return DemoPictures(data / "photos", "photographs")
    from lookalike.datasets import cifar10

    if (data / cifar10.FOLDER).is_dir():
        return _from_cifar10(data / cifar10.FOLDER, out / "pictures-of-cifar10")
    return _from_packages(out / "pictures")


def choose_query(pictures: DemoPictures, library: Library) -> tuple[Path, Pixels]:
    """A picture to make the query of, at most 1,024 pixels a side.

    Of forty spread over the folder the one whose neighbours are most alike: it shows most. Plain
    ones come last.

    Args:
        pictures: those of the demo.
        library: that holds them.

    Raises:
        LookalikeError: none of them can be read.
    """
    from lookalike.road import Road
    from lookalike.sources.walk import Found, walk
    from lookalike.types import InputSpec

    found = sorted(entry.path for entry in walk(pictures.folder) if isinstance(entry, Found))
    favourites = [path for path in found if os.path.basename(path) == pictures.favourite]
    spread = [found[(2 * n + 1) * len(found) // 80] for n in range(40)] if found else []
    ranked = sorted(dict.fromkeys(spread), key=lambda path: _likeness(library, path), reverse=True)
    wanted = {"query": InputSpec(1024, "within")}
    with Road[str]({}, workers=1) as road:
        plain: list[tuple[Path, Pixels]] = []
        for path in [*favourites, *ranked]:
            try:
                pixels = road.picture(path, more=wanted).inputs["query"]
            except LookalikeError:
                continue
            if pixels.std() > 30:
                return Path(path), pixels
            plain.append((Path(path), pixels))
    if not plain:
        raise LookalikeError(f"no picture that can be read in {pictures.folder}")
    return plain[0]


def _likeness(library: Library, path: str) -> float:
    """How much a picture's five most similar neighbours resemble it, copies left out."""
    try:
        hits = library.search(path, 12, code="photo").hits
    except LookalikeError:
        return -1.0
    # From 0.9 on it is the same picture or the same scene again, which is no news.
    alike = [hit.similarity for hit in hits if hit.similarity and hit.similarity < 0.9]
    return sum(alike[:5])


def _from_cifar10(source: Path, target: Path) -> DemoPictures:
    from PIL import Image

    from lookalike.datasets import cifar10

    names = cifar10.read_class_names(source)
    batch = cifar10.read_batch(source / "test_batch")
    target.mkdir(parents=True, exist_ok=True)
    for number in range(min(_CIFAR_PICTURES, len(batch.pictures))):
        path = target / f"{names[batch.labels[number]]}_{number:04}.png"
        if not path.exists():
            Image.fromarray(batch.pictures[number]).save(path)
    return DemoPictures(target, "pictures of CIFAR-10")


def _from_packages(target: Path) -> DemoPictures:
    """Copy the photographs that packages carry, and put edited copies beside them."""
    from PIL import Image

    from lookalike.road import FULL_SIZE, Road

    originals = [
        folder / name
        for module, inside, names in _PHOTOGRAPHS
        if (folder := _package_folder(module, inside)) is not None
        for name in names
        if (folder / name).is_file()
    ]
    if not originals:
        raise MissingExtraError(
            "the demo has no pictures: name a folder (lookalike demo FOLDER), or get some with: "
            + install_command("demo")
        )
    target.mkdir(parents=True, exist_ok=True)
    with Road[str]({}, workers=1) as road:
        for original in originals:
            shutil.copyfile(original, target / original.name)
            pixels = road.picture(original, more={"full": FULL_SIZE}).inputs["full"]
            for name, edit in _edits().items():
                edited = edit(Image.fromarray(pixels))
                edited.save(target / f"{original.stem}, {name}.jpg", quality=60)
    return DemoPictures(target, "photographs and edited copies of them", "chelsea.png")


def _edits() -> Mapping[str, Callable[[Image], Image]]:
    from PIL import ImageEnhance, ImageOps

    return {
        "half size": lambda p: p.resize((p.width // 2, p.height // 2)),
        "brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.4),
        "grey": lambda p: ImageOps.grayscale(p),
        "mirrored": lambda p: ImageOps.mirror(p),
        "with a border": lambda p: ImageOps.expand(p, 20, "white"),
    }


def _package_folder(module: str, inside: str) -> Path | None:
    """A folder inside an installed package, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / inside
