"""What there is of a picture whose data end too early, or break off in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from lookalike.errors import PictureFailed

__all__ = ["LEAST_SHARE", "as_far_as_it_goes", "clear_where_missing", "loss_of", "tolerant"]

LEAST_SHARE = 0.5
"""How much of a picture has to be there for it to be indexed, in rows. A copy with less shares so
little with the whole that its codes find nothing."""

_LOCK = threading.Lock()


@contextmanager
def tolerant() -> Iterator[None]:
    """Let Pillow's readers stop where the data do. Pillow has one switch for all: one at a time."""
    with _LOCK:
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def as_far_as_it_goes(
    opened: Callable[[], Image.Image],
) -> tuple[Image.Image, npt.NDArray[np.bool_]]:
    """Decode a picture, and tell which of its rows were decoded.

    It is decoded twice, onto black and onto white: rows that differ were never written.

    Args:
        opened: opens it, each time anew.

    Returns:
        The picture, and for each row whether it is there.
    """
    made = []
    for ground in (0, 255):
        image = opened()
        channels = len(image.getbands())
        image.im = Image.new(
            image.mode, image.size, ground if channels == 1 else (ground,) * channels
        ).im
        with tolerant():
            image.load()
        made.append(image)
    one, other = (np.asarray(image) for image in made)
    same = one == other
    return made[0], same.reshape(same.shape[0], -1).all(axis=1)


def clear_where_missing(image: Image.Image, rows: npt.NDArray[np.bool_]) -> Image.Image:
    """A picture without colour where it isn't there, as browsers show it: of mode RGBA."""
    made = image.convert("RGBA")
    alpha = np.asarray(made.getchannel("A")) * rows[:, None]
    made.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    made.info = {k: v for k, v in image.info.items() if k != "transparency"}
    return made


def loss_of(share: float, label: str) -> str:
    """How to say what is missing of a picture.

    Args:
        share: of its rows that are there.
        label: of its format.

    Raises:
        PictureFailed: less than :data:`LEAST_SHARE` is there.
    """
    if share >= 1:
        return "no end marker"
    missing = max(1, round(100 * (1 - share)))
    if share < LEAST_SHARE:
        raise PictureFailed(f"truncated {label}: {missing} % of it is missing")
    return f"the last {missing} % are missing"
