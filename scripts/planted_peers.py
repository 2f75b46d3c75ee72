"""imagededup and czkawka on planted groups: precision, recall, seconds and memory.

    python scripts/planted_peers.py FOLDER --python PEERS/bin/python [--json FILE]

FOLDER is of ``planted_groups.py make``; PEERS is a virtual environment with imagededup and czkawka
(the bindings to czkawka's own engine) from PyPI: ``pip install imagededup czkawka``. What isn't
there is left out, and named. Each peer is asked at the threshold of its documentation, and at every
other one; the best is that of the greatest F1, which no user can know. Its pairs become groups as
imagededup's own ``find_duplicates_to_remove`` makes them: the first file in order is kept, and
those near to it are its members. Memberships are counted as for lookalike. imagededup's CNN is left
out where its weights, which no registry has, aren't in PyTorch's cache.

Seconds are of the processor, of a run of its own for encoding and the usual threshold. Peak memory
is of the largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from planted_groups import compared, truth_of

# Run by the other Python. It prints its version, what it found, and what it took.
_IMAGEDEDUP = """
import json, resource, sys
from importlib.metadata import version
from imagededup import methods
folder, name, most = sys.argv[1], sys.argv[2], float(sys.argv[3])
method = getattr(methods, name)()
if name == "CNN":
    codes = method.encode_images(image_dir=folder, recursive=True)
    found = method.find_duplicates(
        encoding_map=codes, min_similarity_threshold=1 - most, scores=True
    )
    pairs = {one: [(two, 1 - float(near)) for two, near in rows] for one, rows in found.items()}
else:
    codes = method.encode_images(image_dir=folder, recursive=True)
    found = method.find_duplicates(
        encoding_map=codes, max_distance_threshold=int(most), scores=True
    )
    pairs = {one: [(two, int(off)) for two, off in rows] for one, rows in found.items()}
"""
_CZKAWKA = """
import json, resource, sys
from importlib.metadata import version
from czkawka import ImageSimilarity
folder, name, most = sys.argv[1], sys.argv[2], float(sys.argv[3])
finder = ImageSimilarity()
finder.set_directories([folder])
finder.set_similarity(int(most))
pairs = {}
for group in finder.find_similar():
    first, *others = sorted(map(str, group))
    pairs[first] = [(other, int(most)) for other in others]
"""
_END = """
used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print("FOUND " + json.dumps({
    "version": version(PACKAGE),
    "seconds": round(sum(one.ru_utime + one.ru_stime for one in used), 1),
    "peak_mib": max(one.ru_maxrss for one in used) // 1024,
    "pairs": pairs,
}))
"""
_PEERS: dict[str, tuple[str, str, float, list[float]]] = {
    "PHash": (_IMAGEDEDUP, "imagededup", 10, [float(n) for n in range(21)]),
    "DHash": (_IMAGEDEDUP, "imagededup", 10, [float(n) for n in range(21)]),
    "CNN": (_IMAGEDEDUP, "imagededup", 0.1, [n / 100 for n in range(2, 31, 2)]),
    # 15: "moderately similar" in its documentation, of 256 bits; its own default finds exact ones.
    "czkawka": (_CZKAWKA, "czkawka", 15, [float(n) for n in range(0, 21, 2)]),
}


def asked(python: str, peer: str, folder: Path, threshold: float) -> dict[str, Any] | str:
    """What a peer finds up to a threshold; in words why it couldn't be asked."""
    code, package, *_ = _PEERS[peer]
    script = f"{code}\n{_END.replace('PACKAGE', repr(package))}"
    with tempfile.TemporaryDirectory() as cache:
        # An empty cache: what czkawka hashed in an earlier run would cost this one nothing.
        ran = subprocess.run(
            [python, "-c", script, str(folder.absolute()), peer, str(threshold)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "XDG_CACHE_HOME": cache, "HOME": cache},
        )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("FOUND ")]
    if not lines:
        return (ran.stderr.strip().splitlines() or ["it printed nothing"])[-1]
    found: dict[str, Any] = json.loads(lines[-1][len("FOUND ") :])
    return found


def stars(pairs: dict[str, Sequence[Any]], threshold: float) -> list[list[Any]]:
    """Groups as imagededup makes them: what comes first is kept."""
    taken: set[str] = set()
    found = []
    for one in sorted(pairs):
        if one in taken:
            continue
        for other, distance in pairs[one]:
            if distance <= threshold and other not in taken and other != one:
                taken.add(other)
                found.append(["", distance, one, other])
    return found


def row(pairs: dict[str, Sequence[Any]], threshold: float, where: dict[str, Any]) -> dict[str, Any]:
    """Precision and recall at a threshold."""
    told = compared(stars(pairs, threshold), where)
    precision, recall = told["precision"], told["recall"]
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {
        "threshold": threshold,
        "precision": precision,
        "recall": recall,
        "f1": round(f1, 4),
        "memberships": told["memberships"],
    }


def measured(python: str, peer: str, folder: Path) -> dict[str, Any] | str:
    """One peer at its threshold and at its best."""
    where = truth_of(folder)
    paths = {Path(path).relative_to(folder.absolute()).as_posix(): path for path in where}

    def whole(pairs: dict[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        def path(name: str) -> str:
            return name if name in where else paths[name]

        return {path(one): [(path(two), off) for two, off in rows] for one, rows in pairs.items()}

    _, _, usual, thresholds = _PEERS[peer]
    first = asked(python, peer, folder, usual)
    if isinstance(first, str):
        return first
    rows = [row(whole(first["pairs"]), usual, where)]
    if peer == "czkawka":  # it makes the groups itself
        for threshold in thresholds:
            found = asked(python, peer, folder, threshold)
            if not isinstance(found, str):
                rows.append(row(whole(found["pairs"]), threshold, where))
    else:
        wide = asked(python, peer, folder, thresholds[-1])
        if not isinstance(wide, str):
            pairs = whole(wide["pairs"])
            rows += [row(pairs, threshold, where) for threshold in thresholds]
    return {
        "version": first["version"],
        "seconds": first["seconds"],
        "peak_mib": first["peak_mib"],
        "usual": rows[0],
        "best": max(rows, key=lambda one: one["f1"]),
        "all": rows[1:],
    }


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--peer", action="append", choices=list(_PEERS))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = {}
    for peer in given.peer or _PEERS:
        found[peer] = told = measured(given.python, peer, given.folder)
        if isinstance(told, str):
            print(f"{peer}: left out: {told}")
            continue
        print(f"{peer} {told['version']}: {told['seconds']} s, {told['peak_mib']} MiB")
        for name in ("usual", "best"):
            print(f"  {name}: {json.dumps(told[name])}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
