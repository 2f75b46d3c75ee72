"""What a picture with transparency is laid over, to be seen."""

from __future__ import annotations

import numpy as np
from PIL import Image

__all__ = ["on_ground"]

_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
# How far what can be seen of a picture may be from white, in levels of 255 on average, for it to be
# laid over black. White signs are at 0, and at up to 3 after lossy compression (WebP down to a
# quality of 20, AVIF of 75; at 30 it is 12). Whites of designers lie at 5 and 10 (#FAFAFA,
# #F5F5F5), their light greys at 15 to 31 (#F0F0F0, #EEEEEE, #E0E0E0): what a copy does to either
# doesn't decide.
_PALE = 12.5
_SAMPLES = 192  # looked at each way, at most


def on_ground(image: Image.Image) -> Image.Image:
    """An RGBA picture laid over white, as RGB; over black, if over white nothing would be seen.

    White is what pages and contact sheets are, and what most programs put below a picture when they
    save it as JPEG. But white signs would all be the same there.
    """
    alpha = image.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, _BLACK if _is_pale(image) else _WHITE)
    ground.paste(image, mask=alpha)
    return ground


def _is_pale(image: Image.Image) -> bool:
    """Whether hardly anything would be seen over white.

    It is decided by how far the colours are from white, on average over what isn't clear: each
    pixel counts by its opacity. Of large pictures 192 rows and columns are looked at; all of
    them if nothing can be seen there.
    """
    few = min(image.width, _SAMPLES), min(image.height, _SAMPLES)
    for part in (image.resize(few, Image.Resampling.NEAREST), image):
        pixels = np.asarray(part)
        weights = pixels[..., 3].astype(np.uint32)
        total = int(weights.sum())
        if total:
            red, green, blue = (pixels[..., channel] for channel in range(3))
            far = 255 - np.minimum(np.minimum(red, green), blue)
            return int((far * weights).sum(dtype=np.uint64)) / total < _PALE
    return False
