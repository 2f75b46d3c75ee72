"""Does the original come first? Edited copies of pictures, looked for among all the others."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from lookalike.errors import UsageError
from lookalike.evaluation.copy_peers import CopyPeer
from lookalike.evaluation.edits import EDITS
from lookalike.images.formats.registry import format_of
from lookalike.library import Library
from lookalike.library.merging import CodeChoice
from lookalike.sources.walk import Found, walk
from lookalike.system.processors import processors

__all__ = ["CODES", "EditReport", "find_originals", "indexed"]

CODES: tuple[CodeChoice, ...] = ("pdq", "photo", "both")


@dataclass(frozen=True, slots=True)
class EditReport:
    """How often the original of an edited copy came first.

    Attributes:
        database: pictures that were searched.
        queries: pictures that were edited, each by each edit.
        recall_at_1: for each edit, and each code and peer, 0 to 1.
        mean: of each code and peer, over the edits.
        missed: (path of the original, edit, path that came first or "") of each miss by the last
            of the codes.
    """

    database: int
    queries: int
    recall_at_1: dict[str, dict[str, float]]
    mean: dict[str, float]
    missed: tuple[tuple[str, str, str], ...]


@contextmanager
def indexed(
    folder: str | os.PathLike[str], *, photo: str = "photo-256", regions: bool = False
) -> Iterator[tuple[Library, list[str]]]:
    """A library of a folder, which is gone in the end, and the paths of its pictures.

    Args:
        folder: pictures.
        photo: the photo encoder.
        regions: whether parts of the pictures get codes, too.

    Raises:
        UsageError: no pictures in the folder that can be read.
    """
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library.open(Path(temporary) / "selftest.lookalike", photo=photo) as library,
    ):
        library.index(folder, parts=regions)
        refused = {entry.path for entry in library.status().ledger}
        paths = [found.path for found in walk(folder) if isinstance(found, Found)]
        paths = [path for path in paths if path not in refused]
        if not paths:
            raise UsageError(f"{os.fspath(folder)} holds no pictures that can be read")
        yield library, paths


def find_originals(
    library: Library,
    paths: Sequence[str],
    *,
    queries: int = 200,
    edits: Sequence[str] | None = None,
    codes: Sequence[CodeChoice] = CODES,
    peers: Sequence[CopyPeer] = (),
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> EditReport:
    """Edit some pictures of a library and look for their originals among all of its pictures.

    The copies are handed over as PNG bytes, the edit by JPEG included, so that they take the road
    of any other query. A copy counts as found if the first hit has the bytes of its original; a
    collage if it has those of any picture in it. The peers get the same files. With them a picture
    that is as near as the original doesn't count against it: their codes are short and tie often.

    Args:
        library: of the originals and the distractors.
        paths: of all its pictures.
        queries: how many to edit, drawn by ``seed``; all if there are fewer.
        edits: names of :data:`lookalike.evaluation.edits.EDITS`; all by default.
        codes: which codes to ask.
        peers: what else to ask.
        seed: of the draw and of the edits.
        progress: called with (pictures done, pictures in all).

    Raises:
        UsageError: no such edit, or too few pictures for one.
    """
    names = list(EDITS) if edits is None else list(edits)
    for name in names:
        if name not in EDITS:
            raise UsageError(f"there is no edit {name!r}: there are {', '.join(EDITS)}")
        if EDITS[name].others >= len(paths):
            raise UsageError(f"{name} takes {EDITS[name].others + 1} pictures, not {len(paths)}")
    contents = np.array([_digest(path) for path in paths])
    databases = [_database(peer, paths) for peer in peers]
    chosen = np.sort(np.random.default_rng(seed).permutation(len(paths))[:queries]).tolist()
    columns = [*codes, *(peer.name for peer in peers)]

    def ask(row: int) -> list[tuple[str, list[bool], str]]:
        """For each edit whether each column found the original, and the last code's first hit."""
        # Others than itself, the same for every edit.
        drawn = np.random.default_rng([seed, row]).permutation(len(paths))
        original, *others = [_read(paths[i]) for i in (row, *drawn[drawn != row][:3].tolist())]
        answers = []
        for name in names:
            rows = [row, *drawn[drawn != row][: EDITS[name].others].tolist()]
            wanted = set(contents[rows].tolist())
            edited = EDITS[name](original, seed, others)
            copy = io.BytesIO()
            edited.save(copy, "PNG", compress_level=1)
            good, first = [], ""
            for code in codes:
                hits = library.search(copy.getvalue(), k=1, code=code).hits
                first = hits[0].path if hits else ""
                good.append(first in paths_of and contents[paths_of[first]] in wanted)
            for peer, database in zip(peers, databases, strict=True):
                distances = peer.distances(peer.encode(edited), database)
                nearest = contents[distances == distances.min()]
                good.append(not wanted.isdisjoint(nearest.tolist()))
            answers.append((name, good, first))
        return answers

    paths_of = {path: i for i, path in enumerate(paths)}
    found = {name: np.zeros(len(columns), np.int64) for name in names}
    missed = []
    with ThreadPoolExecutor(processors(), "lookalike-edits") as pool:
        for done, (row, answers) in enumerate(zip(chosen, pool.map(ask, chosen), strict=True), 1):
            for name, good, first in answers:
                found[name] += good
                if codes and not good[len(codes) - 1]:
                    missed.append((paths[row], name, first))
            if progress is not None:
                progress(done, len(chosen))
    shares = np.array([found[name] for name in names]) / len(chosen)
    return EditReport(
        database=len(paths),
        queries=len(chosen),
        recall_at_1={
            name: dict(zip(columns, row.tolist(), strict=True))
            for name, row in zip(names, shares, strict=True)
        },
        mean=dict(zip(columns, shares.mean(axis=0).tolist(), strict=True)),
        missed=tuple(missed),
    )


def _database(peer: CopyPeer, paths: Sequence[str]) -> npt.NDArray[Any]:
    """The peer's rows of all pictures."""
    with ThreadPoolExecutor(processors(), "lookalike-peer") as pool:
        return np.stack(list(pool.map(lambda path: peer.encode(_read(path)), paths)))


def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _read(path: str) -> Image.Image:
    """A picture upright, in RGB."""
    data = Path(path).read_bytes()
    kind = format_of(data, Path(path).suffix.lower())
    if kind is not None and kind.name != "RAW":
        kind.load_reader()
    with Image.open(io.BytesIO(data)) as file:
        return ImageOps.exif_transpose(file).convert("RGB")
