"""A library whose model knows words: those of the colours of its pictures."""

from __future__ import annotations

from pathlib import Path

import hub_models
import numpy as np
from PIL import Image

from lookalike import Library


def painted(folder: Path) -> Path:
    """Write three noisy pictures of each colour into ``folder / "p"``, and index them."""
    (folder / "p").mkdir()
    rng = np.random.default_rng(0)
    for name, rgb in hub_models.COLOURS.items():
        for number in range(3):
            pixels = np.array(rgb) * 0.7 + 30 + rng.normal(0, 30, (40, 60, 3))
            picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            picture.save(folder / "p" / f"{name}-{number}.png")
    model = hub_models.clip(folder / "model")
    with Library.open(folder / "l.lookalike", photo=f"hub:{model}", workers=1) as library:
        library.index(folder / "p")
    return folder / "l.lookalike"
