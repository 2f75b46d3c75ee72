"""Compare how lookalike prepares pictures with all image processors of transformers, on pixels.

    python scripts/compare_image_processors.py
    python scripts/compare_image_processors.py --python VENV/bin/python
    python scripts/compare_image_processors.py --write tests/encoders/image_processors.json

Without ``--python`` an environment is made first, with transformers, timm, torch and torchvision
(about 1 GB for a while). The table has a line for each class: equal to one level of 255, or refused
by name, or wrong. It fails if one is wrong. ``--write`` keeps some of the numbers for the tests.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
import tempfile
import venv
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from image_processor_cases import VARIATIONS, cases, files_of
from PIL import Image

from lookalike.encoders.image_processors import READ_AGAINST
from lookalike.encoders.preprocessing import Preprocessing
from lookalike.errors import ModelError
from lookalike.images.fitting import fit

# torchvision and timm without what they ask for: their builds go with a torch for graphics cards.
PINS = ("torch==2.13.0", "numpy==2.4.6", "pillow==13.0.0", "huggingface_hub==1.33.0")
MORE = ("packaging", "pyyaml", "regex", "requests", "tokenizers", "safetensors", "tqdm", "filelock")
ALONE = (f"transformers=={READ_AGAINST}", "timm==1.0.31", "torchvision==0.29.1")

SIZES = ((301, 400), (500, 333), (96, 96), (40, 41), (60, 420))
KEPT_SIZES = ((61, 97), (131, 90))
KEPT_POINTS = 8
Floats = npt.NDArray[np.float32]


@functools.cache
def picture(height: int, width: int) -> npt.NDArray[np.uint8]:
    """Edges, slopes and a fine grain: all that a wrong filter or border shows in."""
    y, x, c = np.mgrid[:height, :width, :3]
    slopes = 200 * x // width + 40 * y // height
    grain = (x * 7 + y * 13 + x * y % 31 * 5 + c * 29) % 64
    blocks = ((x // 9 + y // 7 + c) % 3) * 60
    return ((slopes + grain + blocks) % 256).astype(np.uint8)


def environment(folder: Path, *more: str) -> Path:
    """The Python of a new environment with transformers, and with more packages."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *PINS, *MORE, *more], check=True)
    subprocess.run([*pip, "--no-deps", *ALONE], check=True)
    return python


def oracle(
    python: Path, wanted: list[dict[str, Any]], sizes: tuple[tuple[int, int], ...], folder: Path
) -> tuple[dict[str, Any], dict[str, Floats]]:
    """What transformers makes of the pictures, and what else it says."""
    stored, out, job = folder / "pictures.npz", folder / "out.npz", folder / "job.json"
    np.savez(stored, **{str(n): picture(*size) for n, size in enumerate(sizes)})
    job.write_text(json.dumps({"cases": wanted, "pictures": str(stored), "out": str(out)}))
    script = Path(__file__).with_name("image_processor_oracle.py")
    ran = subprocess.run([python, script, job], check=True, stdout=subprocess.PIPE, text=True)
    with np.load(out) as arrays:
        return json.loads(ran.stdout), {name: arrays[name] for name in arrays.files}


def difference(prepared: Preprocessing, pixels: npt.NDArray[np.uint8], theirs: Floats) -> float:
    """The largest, in levels of 255."""
    ours = prepared.apply(np.asarray(fit(Image.fromarray(pixels), prepared.input)))
    if ours.shape != theirs.shape:
        return float("inf")
    return float((np.abs(ours - theirs) / np.abs(prepared.factor)).max())


def keeps(settings: dict[str, Any]) -> bool:
    """Whether the numbers of a variation are kept: those that tell classes apart."""
    values = {key: value for key, value in settings.items() if key != "image_processor_type"}
    return values in [dict(VARIATIONS[n]) for n in (0, 1, 5, 6, 7, 9, 18, 20, 23, 24, 27)]


def kept(tried: list[Any], arrays: dict[str, Floats], versions: dict[str, str]) -> dict[str, Any]:
    """Some of the numbers, for the tests."""
    rows = []
    for number, (name, what, settings, prepared) in enumerate(tried):
        if prepared is None or (what == "variation" and not keeps(settings)):
            continue
        backend = "pil" if f"{number}/pil/0" in arrays else "torchvision"
        found = [arrays.get(f"{number}/{backend}/{n}") for n in range(len(KEPT_SIZES))]
        points = []
        if any(values is None for values in found):
            continue
        for values in found:
            flat = values.reshape(-1)
            places = np.linspace(0, len(flat) - 1, KEPT_POINTS).astype(int)
            points.append([round(float(flat[p]), 5) for p in places])
        rows.append(
            {"class": name, "what": what, "settings": settings, "shape": list(found[0].shape),
             "points": points}
        )  # fmt: skip
    return {"versions": versions, "sizes": [list(size) for size in KEPT_SIZES], "cases": rows}


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--python", type=Path, help="of an environment that has transformers")
    parser.add_argument("--write", type=Path, help="a file of numbers for the tests")
    parser.add_argument("--all", action="store_true", help="a line for each settings, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = given.python or environment(folder / "venv")
        sys.exit(run(python, folder, given))


def run(python: Path, folder: Path, given: argparse.Namespace) -> int:
    """Compare, print, and keep; 1 if something is wrong."""
    told, _ = oracle(python, [], (), folder)
    tried = []
    refusals: dict[str, Counter[str]] = defaultdict(Counter)
    for name, what, settings in cases(told["classes"]):
        try:
            prepared = Preprocessing.parse(settings, "it")
        except ModelError as error:
            refusals[name][str(error).removeprefix("it: ")] += 1
            prepared = None
        tried.append((name, what, settings, prepared))
    wanted = [
        {"files": files_of(settings) if prepared else {}, "timm": "pretrained_cfg" in settings}
        for _, _, settings, prepared in tried
    ]
    sizes = (*KEPT_SIZES, *SIZES)
    told, arrays = oracle(python, wanted, sizes, folder)
    worst: dict[str, dict[str, float]] = defaultdict(lambda: {"pil": -1.0, "torchvision": -1.0})
    equal: Counter[str] = Counter()
    wrong: dict[str, list[str]] = defaultdict(list)
    for number, (name, what, settings, prepared) in enumerate(tried):
        if prepared is None:
            continue
        seen = False
        for backend in ("pil", "torchvision"):
            for n, size in enumerate(sizes):
                theirs = arrays.get(f"{number}/{backend}/{n}")
                if theirs is None:
                    continue
                seen = True
                found = difference(prepared, picture(*size), theirs)
                worst[name][backend] = max(worst[name][backend], found)
                # Its two backends differ between themselves. Pillow's is the one that lookalike,
                # and whoever trained the older models, has; torch's counts where there is no other.
                if found > 1.01 and (backend == "pil" or f"{number}/pil/{n}" not in arrays):
                    wrong[name].append(f"{what} {settings} {backend} {size}: {found:.1f} levels")
        if not seen:
            errors = [told["errors"].get(f"{number}/{b}", "") for b in ("pil", "torchvision")]
            wrong[name].append(f"{what} {settings}: transformers refuses it ({errors})")
        equal[name] += 1
    print(", ".join(f"{name} {version}" for name, version in told["versions"].items()))
    print(f"{'class':42} {'settings':>8} {'refused':>7} {'by Pillow':>9} {'by torch':>9}")
    for name in sorted({name for name, *_ in tried}):
        pil, torch = ("-" if value < 0 else f"{value:.3f}" for value in worst[name].values())
        verdict = "WRONG" if wrong[name] else "equal" if equal[name] else "refused"
        line = f"{name:42} {equal[name]:8} {refusals[name].total():7} {pil:>9} {torch:>9} {verdict}"
        print(line)
        for said in wrong[name]:
            print(f"    {said}")
        if given.all:
            for reason, count in refusals[name].items():
                print(f"    refused {count}: {reason}")
    verdicts = Counter(
        "wrong" if wrong[n] else "equal" if equal[n] else "refused" for n in {n for n, *_ in tried}
    )
    print(", ".join(f"{count} classes {verdict}" for verdict, count in sorted(verdicts.items())))
    if given.write:
        values = kept(tried, arrays, told["versions"])
        given.write.write_text(json.dumps(values, separators=(",", ":")) + "\n")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    main()
