"""Photographs of 12 megapixels as telephones write them, to measure HEIC beside JPEG with.

    python scripts/make_heic_photos.py photos made --count 100
    lookalike benchmark index made/heic made/jpeg made/plain --rounds 5

No collection of photographs of telephones may be passed on with lookalike, so they are composed.
Each shows one photograph of PHOTOS, enlarged, with the detail of some 270 others in it at their own
size: a mosaic over which the one lies. So a picture of a class still looks like its class, and
every pixel of the 12 million has detail that no enlarging gives. In MADE there are, by class:

* heic: a grid of 512-pixel tiles, a thumbnail of 320 pixels and a place in EXIF for the camera's
  orientation, which goes round 1, 6, 3 and 8 (and is written as ``irot``, as telephones do);
* jpeg: the same pixels as JPEG of quality 90, the orientation in EXIF;
* plain: the files of heic without their thumbnails, byte for byte otherwise;
* copies: an edited copy of each by each of the edits of ``lookalike benchmark edits``, as JPEG,
  made of the picture at a width of 1,600 pixels;
* lying: HEIC whose thumbnail shows something else than the picture, twenty of them;
* huge: one of 200 megapixels (32 x 24 tiles of the others), with and without a thumbnail.

What is there already isn't made again. The same seed gives the same pixels. Encoding takes about
6 s of processor time a picture.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

SIZE = 4032, 3024
ORIENTATIONS = (1, 6, 3, 8)  # as telephones are held
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
TILE, THUMBNAIL = 512, 320
MOSAIC = 0.4  # how much of the mosaic's contrast is kept
ROW = 200  # pixels of height that a photograph of the mosaic gets, at most
# x265's presets: the fastest that uses every filter of the format, so that decoding takes as long
# as it does with files of telephones.
PRESET = "veryfast"


@dataclass(frozen=True)
class Job:
    """One picture to be made.

    Attributes:
        number: of the picture.
        base: the photograph that it shows.
        folder: of photographs.
        made: where to.
        seed: of what is random.
    """

    number: int
    base: Path
    folder: Path
    made: Path
    seed: int

    def path(self, kind: str, suffix: str) -> Path:
        """Where the file of a kind is, its folder made."""
        place = self.made / kind / self.base.parent.name
        place.mkdir(parents=True, exist_ok=True)
        return place / f"{self.number:04}{suffix}"


def photographs(folder: Path) -> list[Path]:
    """All of a folder, sorted."""
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)


def chosen(paths: Sequence[Path], count: int, seed: int) -> list[Path]:
    """So many photographs, five of each class (the folder they lie in) where it has as many."""
    classes: dict[Path, list[Path]] = {}
    for path in paths:
        classes.setdefault(path.parent, []).append(path)
    generator = random.Random(seed)  # noqa: S311
    groups = [generator.sample(group, min(5, len(group))) for group in classes.values()]
    generator.shuffle(groups)
    groups.sort(key=len, reverse=True)
    found = [path for group in groups for path in group]
    if len(found) < count:
        raise SystemExit(f"{count} pictures take more photographs than the {len(found)} there are")
    return found[:count]


def compose(base: Path, mosaic: Sequence[Path], seed: int) -> Image.Image:
    """The photograph ``base`` at 12 megapixels, with the detail of many others in it."""
    generator = random.Random(seed)  # noqa: S311
    with Image.open(base) as opened:
        large = opened.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
    pixels = np.asarray(large).astype(np.int16)
    for top in range(0, SIZE[1], ROW):
        left = 0
        while left < SIZE[0]:
            with Image.open(generator.choice(mosaic)) as opened:
                piece = np.asarray(opened.convert("RGB")).astype(np.float32)[:ROW]
            piece -= piece.mean((0, 1))
            place = pixels[top : top + piece.shape[0], left : left + piece.shape[1]]
            place += (piece[: place.shape[0], : place.shape[1]] * MOSAIC).astype(np.int16)
            left += piece.shape[1]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write_heic(image: Image.Image, path: Path, orientation: int) -> None:
    """As telephones do. ``image`` is as the sensor saw it; ``orientation`` makes it upright."""
    file = pillow_heif.HeifFile()
    file.add_from_pillow(image)
    file[0].info["exif"] = exif_of(orientation)
    file[0].info["thumbnails"] = [THUMBNAIL]
    partial = path.with_suffix(".partial")
    file.save(partial, quality=60, tile_size=TILE, enc_params={"preset": PRESET})
    partial.rename(path)


def exif_of(orientation: int) -> bytes:
    """EXIF that states an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def make(job: Job) -> str:
    """The HEIC and the JPEG of one picture."""
    orientation = ORIENTATIONS[job.number % 4]
    heic, jpeg = job.path("heic", ".heic"), job.path("jpeg", ".jpg")
    if not (heic.exists() and jpeg.exists()):
        image = compose(job.base, photographs(job.folder), job.seed + job.number)
        image.save(jpeg, quality=90, exif=exif_of(orientation))
        write_heic(image, heic, orientation)
    return str(heic)


def each(work: Callable[[Job], str], jobs: Sequence[Job], processes: int) -> None:
    """Do the work for every job, and say how far it is."""
    with ProcessPoolExecutor(processes) as pool:
        for done, name in enumerate(pool.map(work, jobs), 1):
            print(f"{done}/{len(jobs)} {name}", file=sys.stderr, flush=True)


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, help="a folder of photographs, by class")
    parser.add_argument("made", type=Path, help="the folder to make them in")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    bases = chosen(photographs(given.photos), given.count, given.seed)
    jobs = [Job(n, base, given.photos, given.made, given.seed) for n, base in enumerate(bases)]
    each(make, jobs, given.processes)


if __name__ == "__main__":
    main()
