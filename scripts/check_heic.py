"""What HEIC read by its thumbnail loses, on pictures that ``make_heic_photos.py`` made.

    python scripts/check_heic.py made

It says how many bits the codes are from those of the full decode (perceptual: of pictures brought
to 512 pixels first), how often copies find their original among the HEIC files and among the same
pictures as JPEG, the mean average precision by class of both, which lying thumbnails were taken,
and whether the pictures of 200 megapixels are indexed within the limit of memory.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image

from lookalike.encoders import registry
from lookalike.images.decode import decode, prepare
from lookalike.images.formats import heif
from lookalike.library import Library
from lookalike.road import Road
from lookalike.types import Decoded, Limits

PHOTO = "photo-256"
MOST = {"pdq": 12, PHOTO: 32}  # bits
ENCODERS = {name: registry.load(name) for name in MOST}
INPUTS = {name: encoder.input for name, encoder in ENCODERS.items()}
Bits = npt.NDArray[np.uint8]


def codes(decoded: Decoded) -> dict[str, Bits]:
    """The bits of both codes."""
    inputs = dict(decoded.inputs)
    small = Image.fromarray(inputs["pdq"])
    share = 512 / max(small.size)
    size = round(small.width * share), round(small.height * share)
    inputs["pdq"] = np.asarray(small.resize(size, Image.Resampling.BILINEAR))
    return {
        name: np.unpackbits(np.asarray(encoder.encode([inputs[name]]).codes))
        for name, encoder in ENCODERS.items()
    }


def full(path: Path) -> dict[str, Bits]:
    """Of all of the picture, decoded by libheif."""
    with Image.open(path) as image:
        return codes(prepare(image, INPUTS, Limits()))


def distances(made: Path) -> None:
    """Between the codes as they are made and those of the full decode."""
    paths = sorted((made / "heic").rglob("*.heic"))
    found: dict[str, list[list[int]]] = {kind: [[], []] for kind in ("heic", "plain")}
    for path in paths:
        expected = full(path)
        for kind, columns in found.items():
            data = (made / kind / path.relative_to(made / "heic")).read_bytes()
            made_here = codes(decode(data, INPUTS, Limits()))
            for column, name in zip(columns, MOST, strict=True):
                column.append(int((made_here[name] != expected[name]).sum()))
    for kind, columns in found.items():
        for column, (name, most) in zip(columns, MOST.items(), strict=True):
            within = sum(value <= most for value in column)
            print(
                f"{kind:6} {name:10} bits from the full decode: median {np.median(column):.0f},"
                f" largest {max(column)}; {within} of {len(column)} within {most}",
                flush=True,
            )


def retrieval(made: Path) -> None:
    """Recall of copies, and mean average precision by class, as HEIC and as JPEG."""
    copies = sorted((made / "copies").rglob("*.jpg"))
    for kind, suffix in (("heic", ".heic"), ("jpeg", ".jpg"), ("plain", ".heic")):
        with tempfile.TemporaryDirectory() as temporary:
            with Library.open(Path(temporary) / "check.lookalike", photo=PHOTO) as library:
                report = library.index(made / kind)
                found = 0
                for copy in copies if kind != "plain" else ():
                    hits = library.search(copy, 1).hits
                    found += bool(hits) and Path(hits[0].path).stem == copy.stem
            paths = sorted((made / kind).rglob(f"*{suffix}"))
            with Road({PHOTO: ENCODERS[PHOTO]}) as road:
                bits = [np.unpackbits(np.asarray(road.code(p).codes[PHOTO].code)) for p in paths]
        labels = np.array([p.parent.name for p in paths])
        recall = f"recall of {len(copies)} copies {found / len(copies):.4f}, " if found else ""
        print(
            f"{kind:6} {report.added} indexed, {recall}mAP {precision(np.array(bits), labels):.4f}",
            flush=True,
        )


def precision(bits: Bits, labels: npt.NDArray[np.str_]) -> float:
    """Mean average precision: each picture asks all others; those of its class are right."""
    made = []
    for number, own in enumerate(bits):
        others = np.arange(len(bits)) != number
        apart = (bits[others] != own).sum(1)
        right = labels[others][np.argsort(apart, kind="stable")] == labels[number]
        if right.any():
            shares = np.cumsum(right) / np.arange(1, len(right) + 1)
            made.append(float(shares[right].mean()))
    return float(np.mean(made))


def lies(made: Path) -> None:
    """Which thumbnails that lie were taken."""
    taken: list[str] = []
    real = heif.sound_thumbnail
    paths = sorted((made / "lying").glob("*.heic"))
    for path in paths:

        def watch(*arguments: object, name: str = path.stem) -> Image.Image | None:
            thumbnail = real(*arguments)  # type: ignore[arg-type]
            if thumbnail is not None:
                taken.append(name)
            return thumbnail

        heif.sound_thumbnail = watch
        decode(path.read_bytes(), INPUTS, Limits())
    heif.sound_thumbnail = real
    print(f"lying thumbnails taken: {len(taken)} of {len(paths)} {' '.join(taken)}", flush=True)


def huge(made: Path) -> None:
    """Whether 200 megapixels are indexed, with the usual limits; and the JPEG beside them."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library.open(Path(temporary) / "huge.lookalike", photo=PHOTO) as library,
    ):
        report = library.index(made / "huge")
        print(f"200 megapixels: {report.added} indexed, {report.failed} failed", flush=True)


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("made", type=Path, help="what make_heic_photos.py made")
    parser.add_argument("--only", nargs="+", choices=("codes", "lies", "huge", "retrieval"))
    given = parser.parse_args()
    pillow_heif.register_heif_opener(thumbnails=False)
    checks = {"lies": lies, "huge": huge, "codes": distances, "retrieval": retrieval}
    for name in given.only or checks:
        checks[name](given.made)


if __name__ == "__main__":
    main()
