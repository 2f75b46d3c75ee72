"""Which decoder reads which layout of samples right: a table for docs/formats.md.

Every file is made here (tests/sample_layouts.py), so that what it holds is known. A decoder is
right where it gives the numbers that the file holds, or what a viewer shows of them. Decoders that
aren't installed are left out.

    python scripts/compare_decoders.py            # one row for each group of layouts
    python scripts/compare_decoders.py --each     # one row for each layout
"""

from __future__ import annotations

import io
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, features
from PIL import __version__ as pillow_version

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from sample_layouts import Layout, layouts, other_formats, packed_layouts

from lookalike.errors import PictureError
from lookalike.images.decode import decode
from lookalike.types import InputSpec, Limits

Decoder = Callable[[Layout], Any]
RIGHT, WRONG, NOT = "right", "**wrong**", "not read"
_CLOSE = 4.0  # of 255: mean difference of what counts as the same picture


def by_pillow(layout: Layout) -> Any:
    """Pillow, and its own conversion of transparency and colours."""
    # Only Pillow's own readers: lookalike registers others.
    image = Image.open(io.BytesIO(layout.data), formats=["TIFF", "PNG", "JPEG2000", "AVIF"])
    image.load()
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        return np.asarray(Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB"))
    if image.mode in ("CMYK", "YCbCr", "P"):
        return np.asarray(image.convert("RGB"))
    if image.mode == "LAB":
        from lookalike.images.profiles import lab_to_rgb

        return np.asarray(lab_to_rgb(image))
    return np.asarray(image.convert("L") if image.mode == "1" else image)


def by_heif(layout: Layout) -> Any:
    """pillow-heif, for the formats that it is for."""
    import pillow_heif

    return np.asarray(pillow_heif.open_heif(layout.data).to_pillow())


def by_tifffile(layout: Layout) -> Any:
    """tifffile with imagecodecs; it gives numbers as they are stored, planes first."""
    import imagecodecs
    import tifffile

    if layout.suffix == ".png":
        return imagecodecs.png_decode(layout.data)
    if layout.suffix == ".jp2":
        return imagecodecs.jpeg2k_decode(layout.data)
    if layout.suffix == ".avif":
        return imagecodecs.avif_decode(layout.data)
    with tifffile.TiffFile(io.BytesIO(layout.data)) as file:
        page = file.pages[0]
        found = page.asarray()
        return np.moveaxis(found, 0, -1) if page.axes == "SYX" else found


def by_opencv(layout: Layout) -> Any:
    """OpenCV, unchanged, its channels put in order."""
    import cv2

    found = cv2.imdecode(np.frombuffer(layout.data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None:
        raise ValueError("not read")
    if found.ndim == 3 and found.shape[2] >= 3:
        found = np.concatenate([found[..., 2::-1], found[..., 3:]], axis=2)
    return found


def by_imagemagick(layout: Layout) -> Any:
    """ImageMagick's convert, over white, to an 8-bit PNG."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, f"a{layout.suffix}"), Path(folder, "b.png")
        source.write_bytes(layout.data)
        command = [_magick(), f"{source}[0]", "-background", "white", "-alpha", "remove"]
        command += ["-alpha", "off", "-colorspace", "sRGB", "-depth", "8", str(target)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return np.asarray(Image.open(target))


def _magick() -> str:
    for name in ("magick", "convert-im6.q16", "convert"):
        if found := shutil.which(name):
            return found
    raise ImportError("ImageMagick isn't installed")


def by_lookalike(layout: Layout) -> Any:
    """What lookalike's encoders see."""
    spec = {"x": InputSpec(4096, "within")}
    return decode(layout.data, spec, Limits(), suffix=layout.suffix).inputs["x"]


def judge(decoder: Decoder, layout: Layout) -> str:
    """Whether a decoder gives what the file holds, or what it shows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.squeeze(np.asarray(decoder(layout)))
    except PictureError as error:
        return f"{NOT}: {error.cause}"
    except Exception:
        return NOT
    held = layout.samples
    if found.shape == held.shape and _same(found, held):
        return RIGHT
    shown = _in_8_bits(found, held)
    expected = layout.shown
    if shown.ndim == 3 and expected.ndim == 2:
        expected = np.repeat(expected[..., None], 3, axis=2)
    if shown.ndim == 2 and expected.ndim == 3:
        shown = np.repeat(shown[..., None], 3, axis=2)
    if shown.shape[:2] != expected.shape[:2] or shown.shape[2:] != expected.shape[2:]:
        return WRONG
    far = np.abs(shown.astype(float) - expected).mean()
    return RIGHT if far < max(_CLOSE, layout.far) else WRONG


def _same(found: Any, held: Any) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(np.array_equal(np.nan_to_num(found), np.nan_to_num(held)))


def _in_8_bits(found: Any, held: Any) -> Any:
    if found.dtype == np.bool_:
        return found.astype(np.uint8) * 255
    if found.dtype.kind == "f":
        return (np.clip(np.nan_to_num(found), 0, 1) * 255).astype(np.uint8)
    if found.dtype.itemsize > 1:
        if np.abs(found.astype(float) - held).mean() < held.max() / 100:  # a lossy coder
            return (found / (held.max() / 255)).astype(np.uint8)
        return (found >> (8 * found.dtype.itemsize - 8)).astype(np.uint8)
    return found


def group(layout: Layout) -> str:
    """Layouts that differ in byte order, or only in compression, stand in one row."""
    name = re.sub(r", (little|big)-endian", "", layout.name)
    name = re.sub(r"(, predictor \d)?, tiles", "", name)
    name = re.sub(r"(float\d+|RGB 8|RGB 16|grey 8|grey 16)( bits)?, (lzw|zlib|packbits|zstd|lzma)"
                  r"(, predictor \d)?", r"\1\2, compressed", name)  # fmt: skip
    name = re.sub(r"^RGB (float\d+), 0 to 1$", r"RGB \1, 0 to 1", name)
    name = re.sub(r"^grey (2|3|4|5|6|7) bits", "grey 2 to 7 bits", name)
    return re.sub(r"^grey (10|12|14) bits", "grey 10, 12, 14 bits", name)


def main() -> None:
    os.environ["OPENCV_LOG_LEVEL"] = "OFF"
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    decoders: dict[str, Decoder] = {"Pillow": by_pillow, "pillow-heif": by_heif}
    versions = [
        f"Pillow {pillow_version} (libtiff {features.version('libtiff')})",
        f"pillow-heif {version('pillow_heif')}",
    ]
    for module, name, decoder in (
        ("tifffile", "tifffile", by_tifffile),
        ("cv2", "OpenCV", by_opencv),
    ):
        try:
            found = __import__(module)
        except ImportError:
            continue
        decoders[name] = decoder
        versions.append(f"{name} {found.__version__}")
        if module == "tifffile":
            import imagecodecs

            versions.append(f"imagecodecs {imagecodecs.__version__}")
    try:
        line = subprocess.run([_magick(), "-version"], capture_output=True, text=True, check=True)
        if match := re.search(r"ImageMagick ([\d.-]+)", line.stdout):
            decoders["ImageMagick"] = by_imagemagick
            versions.append(f"ImageMagick {match[1]}")
    except (ImportError, OSError, subprocess.CalledProcessError):
        pass
    decoders["lookalike"] = by_lookalike
    every = [*layouts(), *packed_layouts(), *other_formats()]
    rows: dict[str, dict[str, list[str]]] = {}
    for layout in every:
        name = layout.name if "--each" in sys.argv else group(layout)
        row = rows.setdefault(name, {})
        for label, decoder in decoders.items():
            other = label == "pillow-heif" and layout.suffix not in (".heic", ".avif")
            row.setdefault(label, []).append("" if other else judge(decoder, layout))
    print(f"{', '.join(versions)}; Python {platform.python_version()}; {len(every)} files.\n")
    print("| layout | files | " + " | ".join(decoders) + " |")
    print("|---" * (len(decoders) + 2) + "|")
    for name, row in rows.items():
        cells = [_cell(answers) for answers in row.values()]
        count = len(next(iter(row.values())))
        print(f"| {name} | {count} | " + " | ".join(cells) + " |")


def _cell(answers: list[str]) -> str:
    """One word where all files of a row have the same answer; else each with its count."""
    counts = {answer: answers.count(answer) for answer in dict.fromkeys(answers)}
    if len(counts) == 1:
        return answers[0]
    return ", ".join(f"{answer} {count}" for answer, count in counts.items())


if __name__ == "__main__":
    main()
