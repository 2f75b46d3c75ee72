"""Pictures with the statistics of photographs: shapes in front of each other, and fine texture."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from lookalike.images.preview import pixels_of, preview_of
from lookalike.matching.view import View


def photo_like(seed: int, width: int = 360, height: int = 270) -> Image.Image:
    """Leaves that hide each other, large and small (the dead leaves model), with soft noise."""
    generator = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), (120, 130, 140))
    pen = ImageDraw.Draw(image)
    for _ in range(220):
        radius = float(np.clip(6 / generator.random() ** 0.8, 6, 90))
        x, y = generator.uniform(0, width), generator.uniform(0, height)
        flat = generator.uniform(0.4, 1.0)
        fill = tuple(int(v) for v in generator.integers(20, 236, 3))
        box = (x - radius, y - flat * radius, x + radius, y + flat * radius)
        (pen.ellipse if generator.random() < 0.6 else pen.rectangle)(box, fill)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    grain = generator.normal(0, 12, (height, width, 1)).astype(np.float32)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def view_of(image: Image.Image) -> View:
    """As a library keeps it."""
    pixels = pixels_of(preview_of(np.asarray(image.convert("RGB"))))
    return View(pixels, image.size, hashlib.sha256(image.tobytes()).digest())


def saved(image: Image.Image, quality: int) -> Image.Image:
    """As a JPEG of that quality."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")
