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
* copies: edited copies of each by some of the edits of ``lookalike benchmark edits``, as JPEG, made
  of the picture at 800 pixels;
* lying: HEIC whose thumbnail shows something else than the picture, twenty of them;
* huge: one of 200 megapixels (32 x 24 tiles of the others), with and without a thumbnail.

The thumbnail is reduced by Lanczos' filter, as telephones filter theirs. With --nearest it stays as
libheif makes it, which takes every twelfth pixel and leaves out those between. What is there
already isn't made again. The same seed gives the same pixels. Encoding takes about 6 s of processor
time a picture.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from heic_thumbnails import LIES, small_of, with_thumbnail
from PIL import Image, ImageOps

from lookalike.evaluation.edits import EDITS
from lookalike.images.heif.items import Item, Property, read_items
from lookalike.images.heif.layout import grid_of, upright
from lookalike.images.heif.tiles import Tiles
from lookalike.images.heif.writing import write_items

SIZE = 4032, 3024
ORIENTATIONS = (1, 6, 3, 8)  # as telephones are held
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
TILE, THUMBNAIL = 512, 320
MOSAIC = 0.4  # how much of the mosaic's contrast is kept
ROW = 200  # pixels of height that a photograph of the mosaic gets, at most
# x265's presets: the fastest that uses every filter of the format, so that decoding takes as long
# as it does with files of telephones.
PRESET = "veryfast"


COPIES = (
    "jpeg-20",
    "half-size",
    "brightness",
    "border-20",
    "text",
    "rotate-90",
    "crop-70",
    "quarter-jpeg-10",
)
COPY_SIDE = 800
HUGE_COLUMNS, HUGE_ROWS, HUGE_SIZE = 32, 24, (16320, 12240)


@dataclass(frozen=True)
class Job:
    """One picture to be made.

    Attributes:
        number: of the picture.
        base: the photograph that it shows.
        folder: of photographs.
        made: where to.
        seed: of what is random.
        nearest: whether the thumbnail stays as libheif makes it.
    """

    number: int
    base: Path
    folder: Path
    made: Path
    seed: int
    nearest: bool

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


def write_heic(image: Image.Image, path: Path, orientation: int, nearest: bool) -> None:
    """As telephones do. ``image`` is as the sensor saw it; ``orientation`` makes it upright."""
    file, made = pillow_heif.HeifFile(), io.BytesIO()
    file.add_from_pillow(image)
    file[0].info["exif"] = exif_of(orientation)
    file[0].info["thumbnails"] = [THUMBNAIL]
    file.save(made, quality=60, tile_size=TILE, enc_params={"preset": PRESET})
    data = made.getvalue()
    if not nearest:
        data = with_thumbnail(data, small_of(image))
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
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
        write_heic(image, heic, orientation, job.nearest)
    plain = job.path("plain", ".heic")
    if not plain.exists():
        plain.write_bytes(with_thumbnail(heic.read_bytes(), None))
    small = None
    for name in COPIES:
        copy = job.path(f"copies/{name}", ".jpg")
        if not copy.exists():
            if small is None:
                with Image.open(jpeg) as opened:
                    opened.draft("RGB", (COPY_SIDE, COPY_SIDE))
                    small = ImageOps.exif_transpose(opened)
                small.thumbnail((COPY_SIDE, COPY_SIDE))
            EDITS[name](small, job.number).save(copy, quality=90)
    return str(heic)


def make_lying(jobs: Sequence[Job]) -> None:
    """One file for each lie, each of another picture."""
    for number, (name, lie) in enumerate(LIES.items()):
        job, other = jobs[number % len(jobs)], jobs[(number + 1) % len(jobs)]
        path = job.made / "lying" / f"{name}.heic"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            data = job.path("heic", ".heic").read_bytes()
            smalls = [small_of(as_it_lies(each)) for each in (job, other)]
            path.write_bytes(with_thumbnail(data, lie(*smalls)))


def as_it_lies(job: Job) -> Image.Image:
    """The pixels of a picture before it is turned, a quarter of its size."""
    with Image.open(job.path("jpeg", ".jpg")) as opened:
        opened.draft("RGB", (SIZE[0] // 4, SIZE[1] // 4))
        return opened.convert("RGB")


def make_huge(jobs: Sequence[Job]) -> None:
    """A picture of 200 megapixels of tiles that are coded already, with a thumbnail and without."""
    path = jobs[0].made / "huge" / "200-megapixels.heic"
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        return
    made: dict[int, tuple[Item, bytes]] = {}
    for job in jobs:
        read = read_items(job.path("heic", ".heic").read_bytes())
        grid = None if read is None else grid_of(read, read.primary)
        if read is None or grid is None:
            raise SystemExit("a HEIC file that isn't understood")
        whole = [n for i, n in enumerate(grid.numbers) if i % 8 != 7 and i < 40]
        for number in whole[: HUGE_COLUMNS * HUGE_ROWS - len(made)]:
            item = read.items[number]
            made[len(made) + 2] = (
                Item(item.kind, item.properties, hidden=True),
                read.content(number),
            )
    if len(made) < HUGE_COLUMNS * HUGE_ROWS:
        print(f"{path} takes the tiles of 22 pictures: left out", file=sys.stderr)
        return
    sizes = b"".join(side.to_bytes(4, "big") for side in HUGE_SIZE)
    properties = [Property(b"ispe", b"\0" * 4 + sizes), Property(b"irot", b"\3", True)]
    primary = Item(b"grid", properties, references={b"dimg": list(made)})
    content = bytes((0, 1, HUGE_ROWS - 1, HUGE_COLUMNS - 1)) + sizes
    data = write_items({1: (primary, content), **made}, 1)
    read = read_items(data)
    grid = None if read is None else grid_of(read, 1)
    assert read is not None
    assert grid is not None
    small = Tiles(read, 1, grid).reduced(16)
    path.write_bytes(with_thumbnail(data, small_of(small)))
    path.with_name("200-megapixels-plain.heic").write_bytes(data)
    upright(small, grid.turns).save(path.with_suffix(".jpg"))


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
    parser.add_argument("--nearest", action="store_true", help="thumbnails as libheif makes them")
    given = parser.parse_args()
    bases = chosen(photographs(given.photos), given.count, given.seed)
    jobs = [
        Job(number, base, given.photos, given.made, given.seed, given.nearest)
        for number, base in enumerate(bases)
    ]
    each(make, jobs, given.processes)
    pillow_heif.register_heif_opener(thumbnails=False)
    make_lying(jobs)
    make_huge(jobs)


if __name__ == "__main__":
    main()
