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
from PIL import Image

from lookalike.errors import PictureError, UsageError
from lookalike.evaluation.copy_peers import CopyPeer
from lookalike.evaluation.edits import EDITS
from lookalike.library import Library
from lookalike.library.merging import CodeChoice
from lookalike.road import FULL_SIZE, Road
from lookalike.sources.walk import Found, walk
from lookalike.system.processors import processors

__all__ = ["CODES", "EditReport", "find_originals", "indexed"]

CODES: tuple[CodeChoice, ...] = ("pdq", "photo", "both")
_OTHERS = max(edit.others for edit in EDITS.values())
_FULL = "full"


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
        unread: (path, reason) of each picture that was left out: it was indexed, and couldn't be
            read at full size, as an edit and a peer need it.
    """

    database: int
    queries: int
    recall_at_1: dict[str, dict[str, float]]
    mean: dict[str, float]
    missed: tuple[tuple[str, str, str], ...]
    unread: tuple[tuple[str, str], ...] = ()


@contextmanager
def indexed(
    folder: str | os.PathLike[str], *, photo: str = "photo-256", parts: bool = False
) -> Iterator[tuple[Library, list[str]]]:
    """A library of a folder, which is gone in the end, and the paths of its pictures.

    Args:
        folder: pictures.
        photo: the photo encoder.
        parts: whether parts of the pictures get codes, too.

    Raises:
        UsageError: no pictures in the folder that can be read.
    """
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library.open(Path(temporary) / "selftest.lookalike", photo=photo) as library,
    ):
        library.index(folder, parts=parts)
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
        _check_number(name, paths)
    unread: dict[str, str] = {}
    with Road[str]({}) as road:
        readers = [_Database(peer, road, paths, unread) for peer in peers]
        paths = [path for path in paths if path not in unread]
        for name in names:
            _check_number(name, paths)
        contents = np.array([_digest(path) for path in paths])
        chosen = np.sort(np.random.default_rng(seed).permutation(len(paths))[:queries]).tolist()
        needed = max(EDITS[name].others for name in names)
        columns = [*codes, *(peer.name for peer in peers)]
        paths_of = {path: i for i, path in enumerate(paths)}

        def ask(row: int) -> list[tuple[str, list[bool], str]] | None:
            """For each edit whether each column found the original, and the last code's first hit.

            ``None`` if the original can't be read, or too few others.
            """
            try:
                original = _read(road, paths[row])
            except PictureError as error:
                unread[paths[row]] = str(error)
                return None
            # Others than itself, the same for every edit.
            drawn = np.random.default_rng([seed, row]).permutation(len(paths))
            beside, others = _readable(road, paths, drawn[drawn != row].tolist(), unread)
            if len(others) < needed:
                unread[paths[row]] = f"only {len(others)} other pictures can be read"
                return None
            answers = []
            for name in names:
                rows = [row, *beside[: EDITS[name].others]]
                wanted = set(contents[rows].tolist())
                edited = EDITS[name](original, seed, others)
                copy = io.BytesIO()
                edited.save(copy, "PNG", compress_level=1)
                good, first = [], ""
                for code in codes:
                    hits = library.search(copy.getvalue(), k=1, code=code).hits
                    first = hits[0].path if hits else ""
                    good.append(first in paths_of and contents[paths_of[first]] in wanted)
                for reader in readers:
                    nearest = contents[reader.nearest(edited, paths)]
                    good.append(not wanted.isdisjoint(nearest.tolist()))
                answers.append((name, good, first))
            return answers

        found = {name: np.zeros(len(columns), np.int64) for name in names}
        missed = []
        asked = 0
        with ThreadPoolExecutor(processors(), "lookalike-edits") as pool:
            answered = zip(chosen, pool.map(ask, chosen), strict=True)
            for done, (row, answers) in enumerate(answered, 1):
                asked += answers is not None
                for name, good, first in answers or ():
                    found[name] += good
                    if codes and not good[len(codes) - 1]:
                        missed.append((paths[row], name, first))
                if progress is not None:
                    progress(done, len(chosen))
    shares = np.array([found[name] for name in names]) / max(1, asked)
    return EditReport(
        database=len(paths),
        queries=asked,
        recall_at_1={
            name: dict(zip(columns, row.tolist(), strict=True))
            for name, row in zip(names, shares, strict=True)
        },
        mean=dict(zip(columns, shares.mean(axis=0).tolist(), strict=True)),
        missed=tuple(missed),
        unread=tuple(unread.items()),
    )


class _Database:
    """A peer's rows of all pictures that can be read; the others are added to ``unread``."""

    def __init__(
        self, peer: CopyPeer, road: Road[str], paths: Sequence[str], unread: dict[str, str]
    ) -> None:
        self._peer = peer
        self._rows: dict[str, npt.NDArray[Any]] = {}
        known = ((path, path) for path in paths if path not in unread)
        for path, row in road.each(known, lambda item: peer.encode(_read(road, str(item)))):
            if isinstance(row, PictureError):
                unread[path] = str(row)
            else:
                self._rows[path] = row
        self._stacked: npt.NDArray[Any] | None = None

    def nearest(self, edited: Image.Image, paths: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which of the paths are nearest to a copy, (paths,)."""
        if self._stacked is None:
            self._stacked = np.stack([self._rows[path] for path in paths])
        distances = self._peer.distances(self._peer.encode(edited), self._stacked)
        return np.asarray(distances == distances.min())


def _check_number(name: str, paths: Sequence[str]) -> None:
    if EDITS[name].others >= len(paths):
        raise UsageError(f"{name} takes {EDITS[name].others + 1} pictures, not {len(paths)}")


def _readable(
    road: Road[str], paths: Sequence[str], rows: Sequence[int], unread: dict[str, str]
) -> tuple[list[int], list[Image.Image]]:
    """The first of the rows whose pictures can be read, as many as an edit takes."""
    found: list[int] = []
    pictures: list[Image.Image] = []
    for row in rows:
        if len(found) == _OTHERS:
            break
        try:
            pictures.append(_read(road, paths[row]))
        except PictureError as error:
            unread[paths[row]] = str(error)
        else:
            found.append(row)
    return found, pictures


def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _read(road: Road[str], path: str) -> Image.Image:
    """All pixels of a picture by the road that it was indexed by: upright, in RGB."""
    pixels = road.picture(path, more={_FULL: FULL_SIZE}).inputs[_FULL]
    return Image.fromarray(pixels)
