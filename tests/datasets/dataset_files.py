"""Small pictures, and folders of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = tuple(f"class{n}" for n in range(10))


def write_picture(path: Path, seed: int, side: int = 32) -> Path:
    """A picture of noise, another one for each seed; lossless by its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def write_classes(folder: Path, names: tuple[str, ...], each: int, first: int = 0) -> Path:
    """``each`` pictures in a folder for each class."""
    for label, name in enumerate(names):
        for n in range(each):
            write_picture(folder / name / f"{name}_{n:03}.png", first + label * 1000 + n)
    return folder
