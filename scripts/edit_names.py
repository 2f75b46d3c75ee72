"""How often the right edits are named: each edit alone, asked with the copy and with the original.

    python scripts/edit_names.py PHOTOS... [--pictures 40] [--half report] [--files] [--json FILE]

A copy is right if its edits are named and nothing else is. Pictures are looked at as a search does
it, from previews that were saved as JPEG, or with ``--files`` as ``lookalike compare`` does. They
are drawn at random, from one half of all that there are: ``tune`` to work on, ``report`` to report.
"""

from __future__ import annotations

import argparse
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from lookalike.evaluation.edits import EDITS
from lookalike.images.fitting import fit
from lookalike.match import NamedEdit
from lookalike.matching.compare import compare
from lookalike.matching.edits import name_edits
from lookalike.matching.look import look
from lookalike.matching.view import PREVIEW, View

_Edit: TypeAlias = Callable[[Image.Image, np.random.Generator], Image.Image]
_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
_QUALITY = 80  # of previews


@dataclass(frozen=True)
class Case:
    """An edit, how its copy is saved, and what it is to be called."""

    names: frozenset[str]
    edit: _Edit
    format: str = "JPEG"
    quality: int = 85
    colours: bool = False  # whether it needs a picture that has any
    also: frozenset[str] = frozenset()  # names that are as true


def _known(name: str) -> _Edit:
    return lambda image, generator: EDITS[name](image, int(generator.integers(1 << 16)))


def _levels(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> _Edit:
    def edit(image: Image.Image, generator: np.random.Generator) -> Image.Image:
        made = change(np.asarray(image, np.float32), generator)
        return Image.fromarray(np.clip(np.rint(made), 0, 255).astype(np.uint8))

    return edit


def _resized(across: float, down: float) -> _Edit:
    def edit(image: Image.Image, _: np.random.Generator) -> Image.Image:
        size = max(1, round(across * image.width)), max(1, round(down * image.height))
        return image.resize(size, Image.Resampling.LANCZOS)

    return edit


def _watermark(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    font = ImageFont.load_default(max(8.0, image.height / generator.uniform(8, 14)))
    x, y = generator.uniform(0.05, 0.4) * image.width, generator.uniform(0.05, 0.8) * image.height
    colour = (255, 255, 255) if np.asarray(image).mean() < 150 else (0, 0, 0)
    pen = ImageDraw.Draw(layer)
    pen.text((x, y), "(c) example.org", (*colour, int(generator.uniform(120, 200))), font)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _sticker(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    copy, pen = image.copy(), None
    pen = ImageDraw.Draw(copy)
    r = min(image.size) * generator.uniform(0.08, 0.15)
    x, y = generator.uniform(0.2, 0.8) * image.width, generator.uniform(0.2, 0.8) * image.height
    pen.ellipse((x - r, y - r, x + r, y + r), (255, 214, 0))
    for eye in (-0.35, 0.35):
        at = x + (eye - 0.12) * r, y - 0.4 * r, x + (eye + 0.12) * r, y - 0.1 * r
        pen.ellipse(at, (20, 20, 20))
    mouth = x - 0.6 * r, y - 0.6 * r, x + 0.6 * r, y + 0.6 * r
    pen.arc(mouth, 20, 160, (20, 20, 20), max(1, int(r / 8)))
    return copy


def _letterbox(image: Image.Image, _: np.random.Generator) -> Image.Image:
    bar = max(3, round(0.15 * image.height))
    return ImageOps.expand(image, (0, bar, 0, bar), (0, 0, 0))


def _contrast(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(float(generator.choice([0.5, 0.65, 1.4, 1.7])))


def _saturation(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    return ImageEnhance.Color(image).enhance(float(generator.choice([0.4, 1.8])))


_SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


def _cases() -> dict[str, Case]:
    def one(*names: str, edit: _Edit, **more: object) -> Case:
        return Case(frozenset(names), edit, **more)  # type: ignore[arg-type]

    def same(image: Image.Image, _: np.random.Generator) -> Image.Image:
        return image

    found = {
        f"jpeg-{quality}": one("recompress", edit=same, quality=quality)
        for quality in (20, 30, 50, 75, 90)
    }
    found |= {
        "webp-60": one("recompress", edit=same, format="WEBP", quality=60),
        "half-size": one("resize", edit=_known("half-size")),
        "size-70": one("resize", edit=_resized(0.7, 0.7)),
        "size-150": one("resize", edit=_resized(1.5, 1.5)),
        "stretch": one("stretch", edit=_resized(1.3, 1.0)),
        "mirror": one("mirror", edit=_known("mirror")),
        "flip": one("mirror", "rotate", edit=lambda image, _: ImageOps.flip(image)),
        "rotate-90": one("rotate", edit=_known("rotate-90")),
        "rotate-180": one("rotate", edit=lambda image, _: image.rotate(180)),
        "rotate-5": one("rotate", edit=lambda image, _: image.rotate(-5, Image.Resampling.BICUBIC)),
        "border-20": one("border", edit=_known("border-20")),
        "letterbox": one("border", edit=_letterbox),
        "meme": one("border", edit=_known("meme"), also=frozenset({"overlay"})),
        "screenshot": one("screenshot", edit=_known("screenshot")),
        "text": one("overlay", edit=_known("text")),
        "watermark": one("overlay", edit=_watermark),
        "sticker": one("overlay", edit=_sticker),
        "grey": one("grey", edit=_known("grey"), colours=True),
        "brightness": one("brightness", edit=_known("brightness")),
        "added": one("brightness", edit=_levels(lambda a, g: a + g.choice([-45, -30, 30, 45]))),
        "gamma": one(
            "brightness",
            edit=_levels(lambda a, g: 255 * (a / 255) ** g.choice([0.6, 0.7, 1.5, 1.8])),
        ),
        "contrast": one("contrast", edit=_contrast),
        "saturation": one("colour", edit=_saturation, colours=True),
        "tint": one(
            "colour",
            edit=_levels(lambda a, g: a * ([1.2, 1, 0.8] if g.random() < 0.5 else [0.85, 1, 1.2])),
        ),
        "sepia": one(
            "colour",
            edit=_levels(lambda a, _: a @ _SEPIA.T),
            colours=True,
            also=frozenset({"brightness"}),
        ),
        "posterise": one("colour", edit=_known("posterise")),
        "blur": one("blur", edit=_known("blur")),
        "noise": one("noise", edit=_known("noise")),
    }
    return found


def _saved(image: Image.Image, format_: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, quality=quality)
    return buffer.getvalue()


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def _view(data: bytes, format_: str, name: bytes) -> View:
    image = _opened(data)
    small = _opened(_saved(fit(image, PREVIEW), "JPEG", _QUALITY))
    return View(np.asarray(small), image.size, name, format=format_, file_bytes=len(data))


def _asked(
    copy: tuple[bytes, str], original: tuple[bytes, str], files: bool
) -> list[tuple[str, tuple[NamedEdit, ...]]]:
    """The kind and the edits with the copy as the query, then with the original."""
    found = []
    for query, hit in ((copy, original), (original, copy)):
        if files:
            told = compare(query[0], hit[0])
            found.append((str(told.kind), told.edits))
        else:
            first = _view(*query, name=zlib.crc32(query[0]).to_bytes(4, "big"))
            second = _view(*hit, name=zlib.crc32(hit[0]).to_bytes(4, "big"))
            verdict = look(first, second)
            found.append((verdict.kind, name_edits(first, second, verdict)))
    return found


def _drawn(folders: list[Path], half: str, count: int, seed: int) -> list[Path]:
    files = sorted(p for f in folders for p in f.rglob("*") if p.suffix.lower() in _ENDINGS)
    wanted = 0 if half == "tune" else 1
    files = [p for p in files if zlib.crc32(f"{p.parent.name}/{p.name}".encode()) % 2 == wanted]
    order = np.random.default_rng(seed).permutation(len(files))
    return [files[i] for i in order[:count]]


def _has_colours(image: Image.Image) -> bool:
    small = np.asarray(image.resize((32, 32)), np.float32)
    return float(np.quantile(small.max(axis=2) - small.min(axis=2), 0.9)) >= 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="PHOTOS")
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--half", choices=["tune", "report"], default="report")
    parser.add_argument("--files", action="store_true", help="as lookalike compare")
    parser.add_argument("--only", nargs="*", metavar="EDIT", help="some of the edits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    photos = _drawn(options.folders, options.half, options.pictures, options.seed)
    table: dict[str, dict[str, object]] = {}
    sums = np.zeros(2)
    for name, case in _cases().items():
        if options.only and name not in options.only:
            continue
        right, count, wrong = np.zeros(2), 0, Counter[str]()
        for number, path in enumerate(photos):
            data = path.read_bytes()
            image = _opened(data)
            if case.colours and not _has_colours(image):
                continue
            count += 1
            generator = np.random.default_rng([zlib.crc32(name.encode()), number])
            copy = _saved(case.edit(image, generator), case.format, case.quality)
            kinds = _asked((copy, case.format), (data, "JPEG"), options.files)
            for way, (kind, edits) in enumerate(kinds):
                names = {edit.name for edit in edits}
                is_right = kind in ("edited", "part") and case.names <= names <= (
                    case.names | case.also
                )
                right[way] += is_right
                if not is_right:
                    wrong[f"{kind}: {' '.join(sorted(names)) or '-'}"] += 1
        share = right / max(count, 1)
        sums += share
        table[name] = {"copy": share[0], "original": share[1], "count": count, "wrong": wrong}
        worst = ", ".join(f"{what} ({n})" for what, n in wrong.most_common(3))
        print(f"{name:12}  {share[0]:5.3f}  {share[1]:5.3f}  {worst}", flush=True)
    mean = sums / max(len(table), 1)
    print(f"{'mean':12}  {mean[0]:5.3f}  {mean[1]:5.3f}")
    if options.json is not None:
        told = {"edits": table, "mean": {"copy": mean[0], "original": mean[1]}}
        options.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
