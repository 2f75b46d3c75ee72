"""Edited copies of pictures of a library, as files, to search with and to search for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.errors import PictureError
from lookalike.evaluation.edits import EDITS
from lookalike.library.records import PictureInfo
from lookalike.road import Item, Road
from lookalike.road.in_order import in_order
from lookalike.system.processors import processors
from lookalike.types import InputSpec

__all__ = ["LEAST_SIDE", "LONGEST", "Copy", "Original", "read_originals", "write_copies"]

LONGEST = 1024
"""Pixels of an original's longer side: a larger one is made smaller first, then edited."""

LEAST_SIDE = 48
"""Pixels: of what is smaller, an edit leaves nothing that could be found."""

_QUALITY = 92
_FULL = "full"
_SPEC = InputSpec(LONGEST, "within", "lanczos")


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """A picture of the library that copies are made of.

    Attributes:
        info: what the library knows of it.
        image: its pixels, neither side longer than :data:`LONGEST`.
    """

    info: PictureInfo
    image: Image.Image

    @property
    def item(self) -> Item:
        """To search with."""
        return Item(self.info.path, self.info.member)


@dataclass(frozen=True, slots=True)
class Copy:
    """An edited copy.

    Attributes:
        original: which of the originals it is of.
        beside: those that it shows, too, as a collage does.
        edit: its name.
        file: where it lies.
    """

    original: int
    beside: tuple[int, ...]
    edit: str
    file: Path


def read_originals(
    road: Road[str], chosen: Sequence[PictureInfo], left_out: Callable[[str, str], object]
) -> list[Original]:
    """The pictures that can be read and edited.

    Args:
        road: that decodes.
        chosen: pictures of a library.
        left_out: called with the path and the reason of each of the others.
    """

    def read(info: PictureInfo) -> Image.Image:
        decoded = road.picture(Item(info.path, info.member), more={_FULL: _SPEC})
        return Image.fromarray(decoded.inputs[_FULL])

    found = []
    for info, image in road.each(((one, one) for one in chosen), read):
        if isinstance(image, PictureError):
            left_out(info.path, str(image))
        elif min(image.size) < LEAST_SIDE:
            left_out(info.path, f"{image.width} x {image.height}: too small to be edited")
        else:
            found.append(Original(info, image))
    return found


def write_copies(
    originals: Sequence[Original], edits: Sequence[str], folder: Path, seed: int
) -> Iterator[Copy]:
    """Edit each picture in each way, and write the copies as JPEG files, as people save them.

    Args:
        originals: to edit; others of them are what stands beside one in a collage.
        edits: names of :data:`lookalike.evaluation.edits.EDITS`; those that take more pictures than
            there are are left out.
        folder: that the files go to.
        seed: of what is random in an edit.
    """
    jobs = [
        (place, name)
        for place in range(len(originals))
        for name in edits
        if EDITS[name].others < len(originals)
    ]

    def write(job: tuple[int, str]) -> Copy:
        place, name = job
        drawn = np.random.default_rng([seed, place]).permutation(len(originals))
        beside = tuple(drawn[drawn != place].tolist()[: EDITS[name].others])
        others = [originals[other].image for other in beside]
        # Other numbers for each picture, else all borders would have one colour.
        edited = EDITS[name](originals[place].image, seed + place, others)
        file = folder / f"{place}-{name}.jpg"
        edited.save(file, "JPEG", quality=_QUALITY)
        return Copy(place, beside, name, file)

    for _, copy in in_order(((job, job) for job in jobs), write, processors()):
        if not isinstance(copy, PictureError):
            yield copy
