"""Compare a model's codes on this processor with those on another one, which QEMU plays.

    apt-get install qemu-user-static
    python scripts/compare_processors.py photo-256 PHOTOS --pictures 6 --processor Haswell

Haswell has AVX2 and FMA and nothing after them, so that ONNX Runtime takes other kernels there than
on a processor with AVX-512. QEMU takes some ten seconds a picture.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from lookalike.encoders import registry
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.road import Road
from lookalike.sources.walk import Found, walk
from lookalike.types import Pixels

# What runs inside QEMU; it finds the packages where this process does.
CHILD = """
import json, sys
import numpy as np
path, pictures, out, places = json.loads(sys.argv[1])
sys.path[:] = places
from lookalike.encoders.onnx import OnnxEncoder
made = OnnxEncoder(path, threads=1).encode(list(np.load(pictures)))
np.savez(out, codes=made.codes, embeddings=made.embeddings)
"""


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("model", help="a shipped model with an embedding")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--processor", default="Haswell", help="qemu-x86_64-static -cpu help")
    given = parser.parse_args()
    path = registry.MODELS / f"{given.model}.onnx"
    encoder = OnnxEncoder(path, threads=1)
    paths = [Path(entry.path) for entry in walk(given.photos) if isinstance(entry, Found)]
    chosen = paths[:: max(1, len(paths) // given.pictures)][: given.pictures]
    with Road({"photo": encoder}) as road:
        pictures: list[Pixels] = [road.picture(path).inputs["photo"] for path in chosen]
    here = encoder.encode(pictures)
    with tempfile.TemporaryDirectory() as folder:
        stored, out = Path(folder) / "pictures.npy", Path(folder) / "there.npz"
        np.save(stored, np.stack(pictures))
        told = json.dumps([str(path), str(stored), str(out), sys.path])
        python = os.path.realpath(sys.executable)
        emulator = ["qemu-x86_64-static", "-cpu", given.processor]
        subprocess.run(
            [*emulator, python, "-c", CHILD, told], check=True, stderr=subprocess.DEVNULL
        )
        there = np.load(out)
        codes, embeddings = there["codes"], there["embeddings"]
    assert here.embeddings is not None
    bits = np.unpackbits(here.codes ^ codes, axis=1).sum(1)
    numbers = np.abs(here.embeddings.astype(int) - embeddings)
    print(f"{len(bits)} pictures of {encoder.bits} bits, here and on {given.processor}")
    print(f"bits that differ: {bits.tolist()}")
    print(
        f"numbers of the embedding that differ: {(numbers > 0).sum()}, by {numbers.max()} at most"
    )


if __name__ == "__main__":
    main()
