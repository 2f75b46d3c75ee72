"""Pictures that look much alike and are no copies: are any of them put into a group?

    python scripts/crowds.py [--screens 2000] [--flat 300] [--pages 1000] [--part] [--to FOLDER]
        [--library FILE]

It makes screenshots of one program with other contents each time, pictures of one colour each, and
pages of text as a scanner gives them (a little turned, grey, noisy). None is a copy of another
one, so that each group that ``lookalike duplicates`` finds is wrong. Printed are the groups, the
pairs that were looked at, seconds, and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from lookalike.library import Library

LETTERS = list("eeeeettttaaaoooiiinnnssshhhrrrdddlllcuuummwfgypbvk")
INK, PAPER = 30, 235


def words(rng: np.random.Generator, count: int) -> str:
    """So many words of letters as frequent as in English."""
    return " ".join("".join(rng.choice(LETTERS, int(n))) for n in rng.integers(2, 9, count))


def page(rng: np.random.Generator) -> Image.Image:
    """A page of text, as a scanner gives it."""
    made = Image.new("L", (850, 1200), PAPER)
    pen = ImageDraw.Draw(made)
    top = int(rng.integers(60, 120))
    for line in range(int(rng.integers(38, 52))):
        text = words(rng, int(rng.integers(3, 14)))
        pen.text((90, top + 20 * line), text[:95], fill=INK, font_size=14)
    made = made.rotate(float(rng.normal(0, 0.4)), Image.Resampling.BICUBIC, fillcolor=PAPER)
    levels = np.asarray(made.filter(ImageFilter.GaussianBlur(0.6)), np.float32)
    levels += rng.normal(0, 4, levels.shape)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def screen(rng: np.random.Generator) -> Image.Image:
    """A window of one program with other contents each time."""
    made = Image.new("RGB", (1280, 800), (236, 236, 240))
    pen = ImageDraw.Draw(made)
    pen.rectangle((0, 0, 1280, 60), fill=(52, 73, 94))
    pen.text((20, 20), "File   Edit   View   Tools   Help", fill=(255, 255, 255), font_size=16)
    for row in range(11):
        chosen = row == int(rng.integers(0, 11))
        box = (16, 80 + 60 * row, 260, 124 + 60 * row)
        pen.rectangle(box, fill=(180, 205, 240) if chosen else (210, 214, 220))
        pen.text((30, 92 + 60 * row), f"Folder {row}", fill=(30, 30, 30), font_size=15)
    for row in range(int(rng.integers(8, 27))):
        pen.text((300, 84 + 26 * row), words(rng, 14)[:100], fill=(40, 40, 40), font_size=15)
    return made


def make(folder: Path, screens: int, flat: int, pages: int, seed: int) -> None:
    """Write the pictures."""
    rng = np.random.default_rng(seed)
    for number in range(screens):
        screen(rng).save(folder / f"screen-{number:04}.png", compress_level=1)
    for number in range(flat):
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        Image.new("RGB", (600, 400), colour).save(folder / f"flat-{number:03}.png")
    for number in range(pages):
        page(rng).save(folder / f"page-{number:04}.jpg", quality=85)


def main() -> None:
    """Make, index, search for duplicates; print as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--screens", type=int, default=2000)
    parser.add_argument("--flat", type=int, default=300)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--part", action="store_true", help="look for parts, too")
    parser.add_argument("--to", type=Path, help="where the pictures are, or are put")
    parser.add_argument("--library", type=Path, help="that knows them by the run before")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.to or Path(temporary) / "pictures"
        if not folder.exists():
            folder.mkdir(parents=True)
            make(folder, given.screens, given.flat, given.pages, given.seed)
        kinds = ["same-bytes", "same-pixels", "edited", *(["part"] if given.part else [])]
        with Library.open(given.library or Path(temporary) / "l.lookalike") as library:
            began = time.monotonic()
            library.index(folder)
            indexed = time.monotonic() - began
            print(f"indexed in {indexed:.0f} s", file=sys.stderr)
            began, cpu = time.monotonic(), time.process_time()
            found = library.duplicates(kinds=kinds)
            took, cpu = time.monotonic() - began, time.process_time() - cpu
        groups = [
            [
                (Path(group.keep.path).name, "kept"),
                *((Path(one.path).name, one.kind) for one in group.members),
            ]
            for group in found.groups
        ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {
        "pictures": given.screens + given.flat + given.pages,
        "groups": len(groups),
        "first": groups[:20],
        "pairs": found.pairs,
        "seconds": round(took, 1),
        "processor, this process": round(cpu, 1),
        "stages": found.seconds,
        "index, seconds": round(indexed, 1),
        "MiB": round(peak),
    }
    print(json.dumps(told, indent=1, default=str))


if __name__ == "__main__":
    main()
