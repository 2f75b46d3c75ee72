"""Does the original come first? Edited copies of pictures, looked for among all the others."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from lookalike.errors import UsageError
from lookalike.evaluation.edits import EDITS
from lookalike.images.walk import Found, walk
from lookalike.library import Library
from lookalike.library.search import CodeChoice

__all__ = ["CODES", "EditReport", "find_originals"]

CODES: tuple[CodeChoice, ...] = ("pdq", "photo", "both")


@dataclass(frozen=True, slots=True)
class EditReport:
    """How often the original of an edited copy came first.

    Attributes:
        database: pictures that were searched.
        queries: pictures that were edited, each by each edit.
        recall_at_1: for each edit and each code, 0 to 1.
        missed: (path of the original, edit, path that came first or "") of each miss by both codes.
    """

    database: int
    queries: int
    recall_at_1: dict[str, dict[str, float]]
    missed: tuple[tuple[str, str, str], ...]


def find_originals(
    folder: str | os.PathLike[str],
    *,
    queries: int = 200,
    edits: Sequence[str] | None = None,
    codes: Sequence[CodeChoice] = CODES,
    seed: int = 0,
    photo: str = "photo-256",
    progress: Callable[[int, int], object] | None = None,
) -> EditReport:
    """Edit some pictures of a folder and look for their originals among all of its pictures.

    The copies are handed over as PNG bytes, the edit by JPEG included, so that they take the road
    of any other query. A copy counts as found if the first hit has the bytes of its original.

    Args:
        folder: pictures; originals and distractors.
        queries: how many to edit, drawn by ``seed``; all if there are fewer.
        edits: names of :data:`lookalike.evaluation.edits.EDITS`; all by default.
        codes: which codes to ask.
        seed: of the draw and of the edits.
        photo: the photo encoder.
        progress: called with (searches done, searches in all).

    Raises:
        UsageError: no such edit, or no pictures in the folder.
    """
    names = list(EDITS) if edits is None else list(edits)
    for name in names:
        if name not in EDITS:
            raise UsageError(f"there is no edit {name!r}: there are {', '.join(EDITS)}")
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library.open(Path(temporary) / "selftest.lookalike", photo=photo) as library,
    ):
        library.index(folder)
        paths = [found.path for found in walk(folder) if isinstance(found, Found)]
        refused = {entry.path for entry in library.status().ledger}
        paths = [path for path in paths if path not in refused]
        if not paths:
            raise UsageError(f"{os.fspath(folder)} holds no pictures that can be read")
        order = np.random.default_rng(seed).permutation(len(paths))[:queries]
        chosen = [paths[i] for i in sorted(order.tolist())]
        found = {name: dict.fromkeys(codes, 0) for name in names}
        missed = []
        for done, path in enumerate(chosen):
            with Image.open(path) as file:
                original = ImageOps.exif_transpose(file).convert("RGB")
            same = Path(path).read_bytes()
            for name in names:
                copy = io.BytesIO()
                EDITS[name](original, seed).save(copy, "PNG", compress_level=1)
                for code in codes:
                    hits = library.search(copy.getvalue(), k=1, code=code).hits
                    first = hits[0].path if hits else ""
                    good = first == path or (first != "" and Path(first).read_bytes() == same)
                    found[name][code] += good
                    if not good and code == codes[-1]:
                        missed.append((path, name, first))
            if progress is not None:
                progress(done + 1, len(chosen))
    return EditReport(
        database=len(paths),
        queries=len(chosen),
        recall_at_1={
            name: {code: n / len(chosen) for code, n in by_code.items()}
            for name, by_code in found.items()
        },
        missed=tuple(missed),
    )
