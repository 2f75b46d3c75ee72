"""Compare what lookalike takes of a model with what its authors take, on small real exports.

    python scripts/try_exports.py PICTURES
    python scripts/try_exports.py PICTURES --python VENV/bin/python

``export_models.py`` builds models of real architectures with random weights, exports them as the
hub has them, and computes the features that their authors take. lookalike loads each folder by
``hub:FOLDER`` and prepares the same pictures itself. The table has a line for each: equal to 1e-3
(to 1e-2 where torchvision resamples, in numbers that aren't whole), or refused by name, or wrong.
The script fails if one is wrong. ``spread`` is how far apart the features of the pictures are: far
above the difference, or the comparison would show nothing.

Without ``--python`` an environment is made first, with transformers, timm, torch and torchvision
(about 1.5 GB for a while).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from compare_image_processors import environment

from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder
from lookalike.errors import ModelError
from lookalike.road import Road

EXPORTING = ("onnx", "onnxscript")
Floats = npt.NDArray[np.float32]


def pictures_of(folder: Path, count: int) -> list[Path]:
    """Some of the pictures in a folder, spread over it."""
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if len(found) < 2:
        sys.exit(f"{folder}: holds fewer than 2 pictures (.jpg, .png): give another folder")
    places = np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)
    return [found[place] for place in places]


def ours(folder: Path, pictures: list[Path]) -> Floats:
    """The features as lookalike takes them, (pictures, d)."""
    file = folder / "model.onnx"
    encoder = registry.load(f"onnx:{file}" if file.is_file() else f"hub:{folder}")
    assert isinstance(encoder, FittedEncoder)
    with Road({"photo": encoder}) as road:
        prepared = [road.picture(picture).inputs["photo"] for picture in pictures]
    return encoder.tower.features(prepared)


def unit(features: Floats) -> Floats:
    """Rows of length 1."""
    return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True), np.float32)


def verdict(found: Floats, theirs: Floats, close: float) -> tuple[str, float, float]:
    """In a word; the largest difference; the least distance of two pictures' features."""
    theirs = unit(theirs)
    apart = np.linalg.norm(theirs[:, None] - theirs[None], axis=2)
    spread = float(apart[~np.eye(len(theirs), dtype=bool)].min())
    if found.shape != theirs.shape:
        return f"WRONG: {found.shape[1]} numbers, not {theirs.shape[1]}", float("inf"), spread
    difference = float(np.abs(found - theirs).max())
    return "equal" if difference <= close else "WRONG", difference, spread


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("pictures", type=Path, help="a folder of pictures")
    parser.add_argument("--python", type=Path, help="of an environment that has transformers")
    parser.add_argument("--count", type=int, default=6, help="pictures to compare by (6)")
    parser.add_argument("--only", default="", help="models with this word in their names")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        python = given.python or environment(root / "venv", *EXPORTING)
        sys.exit(run(python, root / "models", given.only, pictures_of(given.pictures, given.count)))


def run(python: Path, root: Path, only: str, pictures: list[Path]) -> int:
    """Export, compare, and print; 1 if something is wrong."""
    root.mkdir()
    script = Path(__file__).with_name("export_models.py")
    ran = subprocess.run(
        [python, script, root, only, *pictures], check=True, stdout=subprocess.PIPE, text=True
    )
    told = json.loads(ran.stdout.splitlines()[-1])
    counts: Counter[str] = Counter()
    print(", ".join(f"{name} {version}" for name, version in told["versions"].items()))
    print(f"{'model':28} {'difference':>10} {'spread':>6}")
    with np.load(root / "features.npz") as features:
        for number, (name, close) in enumerate(told["names"].items()):
            if name in told["errors"]:
                counts["not exported"] += 1
                print(f"{name:28} {'-':>10} {'-':>6} not exported: {told['errors'][name]}")
                continue
            try:
                found = ours(root / str(number), pictures)
            except ModelError as error:
                counts["refused"] += 1
                reason = str(error).replace(f"hub:{root / str(number)}", "it")
                print(f"{name:28} {'-':>10} {'-':>6} refused: {reason}")
                continue
            word, difference, spread = verdict(found, features[name], close)
            counts[word.split(":")[0].lower()] += 1
            print(f"{name:28} {difference:10.1e} {spread:6.3f} {word}")
    print(", ".join(f"{count} {word}" for word, count in sorted(counts.items())))
    return 1 if counts["wrong"] or counts["not exported"] else 0


if __name__ == "__main__":
    main()
