"""The perceptual hashes beside each other: copies of other sizes, and pairs that match by chance.

    python scripts/perceptual_hashes.py PHOTOS --plot docs/figures/sizes.png

Three things are measured of each hash, with its own limits:

- photographs brought to 256 pixels, against their copies of 32 to 224 pixels: the share that would
  be called edited, and how many bits they are away;
- pictures of 12 megapixels, each composed of twelve photographs with grain on it, against their
  copies of 128 to 320 pixels, such as the thumbnails in a telephone's files;
- all pairs of PHOTOS, the one asked with the eight turns of its code as a search does: how many are
  within how many bits. Which of them show the same, only somebody who looks at them can say: those
  within ``--list`` bits are named.

Copies are made with Pillow's Lanczos filter and take the road of any other picture.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.codes.bits import hamming
from lookalike.encoders import registry
from lookalike.encoders.perceptual_hash import PerceptualHash
from lookalike.evaluation.machine import describe_machine
from lookalike.evaluation.retrieval_plots import new_figure, save
from lookalike.road import FULL_SIZE, Road
from lookalike.sources.walk import Found, walk
from lookalike.types import Codes

SIZES = (32, 48, 64, 96, 127, 128, 160, 192, 224)  # pixels of the longer side, of copies of ...
WHOLE = 256
LARGE_SIZES = (128, 256, 320)  # of copies of ...
LARGE = (4000, 3000)
NEAR = 12  # bits, of a thumbnail that can stand for its picture
BITS = (20, 24, 28, 30, 31, 32, 36, 40, 48, 56, 64)
COLOURS = {"pdq": ("#d55e00", "s"), "pdq-area": ("#0072b2", "o")}

Hashes = dict[str, PerceptualHash]
Ints = npt.NDArray[np.int64]


def resized(image: Image.Image, size: int) -> Image.Image:
    """A copy whose longer side has ``size`` pixels."""
    longest = max(image.size)
    width, height = (max(1, round(side * size / longest)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def distances(hashes: Hashes, whole: Image.Image, copies: Iterable[Image.Image]) -> Any:
    """For each hash a row: bits between a picture and each copy, -1 where one can't be trusted."""
    with Road[str](hashes) as road:
        inputs = [road.picture(image).inputs for image in (whole, *copies)]
    rows = []
    for name, hash_ in hashes.items():
        made = hash_.encode([one[name] for one in inputs])
        assert made.quality is not None
        there = np.minimum(made.quality, made.quality[0]) >= hash_.limits.quality
        turns = [hash_.turned(one[name])[0] for one in inputs[1:]]
        near = [hamming(codes, made.codes[:1]).min() for codes in turns]
        rows.append(np.where(there[1:], near, -1))
    return np.array(rows)


def reduced(hashes: Hashes, photos: Iterable[Image.Image]) -> dict[str, Any]:
    """Copies of photographs of WHOLE pixels."""
    found = []
    for photo in photos:
        whole = resized(photo, WHOLE)
        found.append(distances(hashes, whole, [resized(whole, size) for size in SIZES]))
    return told(hashes, np.array(found), SIZES)


def composed(
    road: Road[str], photos: list[str], count: int, rng: np.random.Generator
) -> Iterator[Image.Image]:
    """Pictures of 12 megapixels, each of twelve photographs, with grain as a camera's have."""
    across, down = 4, 3
    size = (LARGE[0] // across, LARGE[1] // down)
    for _ in range(count):
        large = Image.new("RGB", LARGE)
        for place, row in enumerate(rng.permutation(len(photos))[: across * down].tolist()):
            piece = opened(road, photos[row]).resize(size, Image.Resampling.BICUBIC)
            large.paste(piece, (place % across * size[0], place // across * size[1]))
        noisy = np.asarray(large).astype(np.float32)
        noisy += 6 * rng.standard_normal((LARGE[1], LARGE[0], 1), np.float32)
        yield Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def large(hashes: Hashes, pictures: Iterable[Image.Image]) -> dict[str, Any]:
    """Copies of large pictures."""
    found = [
        distances(hashes, picture, [resized(picture, size) for size in LARGE_SIZES])
        for picture in pictures
    ]
    return told(hashes, np.array(found), LARGE_SIZES)


def told(hashes: Hashes, found: Ints, sizes: tuple[int, ...]) -> dict[str, Any]:
    """By hash and size what (n, hashes, sizes) distances come to."""
    rows: dict[str, Any] = {}
    for place, (name, hash_) in enumerate(hashes.items()):
        rows[name] = {}
        for column, size in enumerate(sizes):
            bits = found[:, place, column]
            rows[name][size] = {
                "edited": round(float(((bits >= 0) & (bits <= hash_.limits.edited)).mean()), 4),
                f"within {NEAR}": round(float(((bits >= 0) & (bits <= NEAR)).mean()), 4),
                "median bits": float(np.median(bits)),
                "most bits": int(bits.max()),
                "not trusted": int((bits < 0).sum()),
            }
    return rows


def pairs(hashes: Hashes, paths: list[str], most: int) -> dict[str, Any]:
    """How near all pairs of pictures come to each other, by one code and by eight."""
    codes: dict[str, list[Codes]] = {name: [] for name in hashes}
    quality: dict[str, list[int]] = {name: [] for name in hashes}
    with Road[str](hashes) as road:
        for _, decoded in road.each(((p, p) for p in paths), road.picture):
            if isinstance(decoded, Exception):
                raise decoded
            for name, hash_ in hashes.items():
                turned, good = hash_.turned(decoded.inputs[name])
                codes[name].append(turned)
                quality[name].append(good)
    found: dict[str, Any] = {"pairs": len(paths) * (len(paths) - 1) // 2}
    for name, hash_ in hashes.items():
        words = np.array(codes[name]).view(np.uint64)  # (n, 8, 4)
        usable = np.array(quality[name]) >= hash_.limits.quality
        one, eight = np.zeros(257, np.int64), np.zeros(257, np.int64)
        near = []
        for row in np.nonzero(usable)[0].tolist():
            others = np.nonzero(usable[:row])[0]
            bits = np.bitwise_count(words[others, :1] ^ words[row][None]).sum(2, dtype=np.int64)
            one += np.bincount(bits[:, 0], minlength=257)
            least = bits.min(axis=1)
            eight += np.bincount(least, minlength=257)
            near += [
                (int(least[place]), paths[others[place]], paths[row])
                for place in np.nonzero(least <= most)[0].tolist()
            ]
        found[name] = {
            "limit": hash_.limits.edited,
            "usable": int(usable.sum()),
            "within bits, by one code": {bits: int(one[: bits + 1].sum()) for bits in BITS},
            "within bits, by eight": {bits: int(eight[: bits + 1].sum()) for bits in BITS},
            "near": sorted(near),
        }
    return found


def draw(found: dict[str, Any], count: int, file: Path) -> None:
    """The share of copies that are called edited over their size, a line for each hash."""
    figure = new_figure(6.5, 3.8)
    axes = figure.add_subplot()
    for name, rows in found.items():
        colour, shape = COLOURS.get(name, ("#000000", "x"))
        shares = [rows[size]["edited"] for size in SIZES]
        axes.plot(SIZES, shares, color=colour, marker=shape, label=name)
    axes.set(xlabel="longer side of the copy, pixels", ylabel="called edited", ylim=(0.7, 1.01))
    axes.set_xticks([size for size in SIZES if size != 127])
    axes.grid(True, alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(f"Copies of {count:,} photographs of {WHOLE} pixels", fontsize=11, loc="left")
    axes.legend(loc="lower right", frameon=False)
    save(figure, file)


def opened(road: Road[str], path: str) -> Image.Image:
    """All pixels of a picture, by the road that every picture takes."""
    return Image.fromarray(road.picture(path, more={"full": FULL_SIZE}).inputs["full"])


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--pictures", type=int, default=150, help="to be reduced")
    parser.add_argument("--large", type=int, default=100, help="pictures of 12 megapixels")
    parser.add_argument("--list", type=int, default=40, help="bits up to which pairs are named")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", type=Path, help="draw the curve there")
    given = parser.parse_args()
    paths = [found.path for found in walk(given.photos) if isinstance(found, Found)]
    hashes: Hashes = {name: made(threads=1) for name, made in registry.HASHES.items()}
    rng = np.random.default_rng(given.seed)
    chosen = [paths[row] for row in rng.permutation(len(paths))[: given.pictures].tolist()]
    with Road[str]({}, workers=1) as road:
        found = {
            "machine": describe_machine(),
            "pictures": len(paths),
            "reduced": reduced(hashes, (opened(road, path) for path in chosen)),
            "large": large(hashes, composed(road, paths, given.large, rng)),
            "pairs": pairs(hashes, paths, given.list),
        }
    print(json.dumps(found, indent=1))
    if given.plot is not None:
        draw(found["reduced"], len(chosen), given.plot)


if __name__ == "__main__":
    main()
