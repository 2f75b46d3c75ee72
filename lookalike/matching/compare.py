"""Two picture files compared in full, without a library."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from lookalike.errors import PictureError
from lookalike.fields import documented, same_as, told
from lookalike.images.files import read_file
from lookalike.images.pool.pool import DecodePool
from lookalike.match import Box, Kind, Match, NamedEdit
from lookalike.matching.edits import name_edits
from lookalike.matching.edits_fine import FINE, fine_edits
from lookalike.matching.jpeg_quality import jpeg_quality
from lookalike.matching.look import look
from lookalike.matching.verdict import Verdict
from lookalike.matching.view import PREVIEW, View
from lookalike.road import Item, Picture, Road
from lookalike.types import Decoded, Limits, Pixels

__all__ = ["Compared", "Comparison", "compare", "compare_pictures", "rows_of"]

_PREVIEW, _FINE = "preview", "fine"
_WHOLE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@documented
@dataclass(frozen=True, slots=True)
class Comparison:
    """What two pictures are to each other."""

    kind: Kind = field(metadata=told("what the second is to the first, and the first to it"))
    edits: tuple[NamedEdit, ...] = field(
        metadata=told("what was done to get from the second picture to the first")
    )
    boxes: tuple[Box, ...] = field(metadata=same_as(Match, "boxes"))
    transform: tuple[tuple[float, float, float], tuple[float, float, float]] | None = field(
        metadata=told(
            "two rows of three numbers, which give x and y in the second picture for x, y and 1 in "
            "the first, as shares of their sides; none for `alike`"
        )
    )
    chance: float | None = field(metadata=same_as(Match, "chance"))
    seconds: float = field(metadata=told("that it took"))


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A comparison with the pictures that it is of.

    Attributes:
        comparison: what was found.
        query: the first picture, at most 1,024 pixels a side; RGB, uint8 (height, width, 3).
        hit: the second one.
        decoded: what both files are.
    """

    comparison: Comparison
    query: Pixels
    hit: Pixels
    decoded: tuple[Decoded, Decoded]


def compare(query: Picture, hit: Picture, *, limits: Limits | None = None) -> Comparison:
    """Compare two pictures, pixel by pixel.

    Both are read in full, so that it tells more than a search does, which knows small pictures of
    what is in the library. Exchanging the two gives the same kind, and the inverse edits.

    Args:
        query: a path, the bytes of a file, a PIL image or an array.
        hit: likewise.
        limits: what one picture may cost.

    Returns:
        The kind, the edits, the boxes and the transform. The chance is that of a library, so
        there is none.

    Raises:
        PictureError: a picture can't be read; the message says which.
        UsageError: something given is no picture.

    Example:
        >>> grey = np.full((64, 64), 0.5)
        >>> compare(grey, grey).kind
        'same-pixels'
    """
    return compare_pictures(query, hit, limits=limits).comparison


def compare_pictures(
    query: Picture, hit: Picture, *, limits: Limits | None = None, pool: DecodePool | None = None
) -> Compared:
    """The same as :func:`compare`, with the pictures.

    Args:
        query: as there.
        hit: likewise.
        limits: likewise.
        pool: decodes, in place of processes that are started for this pair.
    """
    began = time.perf_counter()
    specs = {_PREVIEW: PREVIEW, _FINE: FINE}
    pictures = query, hit
    with ExitStack() as stack:
        if pool is None:
            pool = stack.enter_context(DecodePool(specs, limits=limits, workers=2))
        road = stack.enter_context(Road[str]({}, limits=limits, pool=pool))
        read = road.each(enumerate(pictures), lambda some: road.picture(some, more=specs))
        decoded = [_read(found, pictures[number], number) for number, found in read]
        views = [_view(found, pictures[number], number) for number, found in enumerate(decoded)]
        kind = _same(pool, pictures, (decoded[0], decoded[1]))
    fine = decoded[0].inputs[_FINE], decoded[1].inputs[_FINE]
    edits: tuple[NamedEdit, ...] = ()
    if kind is not None:
        verdict = Verdict("edited", 1.0, transform=_WHOLE)
    else:
        verdict = look(views[0], views[1])
        kind = verdict.kind
        edits = name_edits(views[0], views[1], verdict)
        edits = fine_edits(views[0], views[1], fine, verdict, edits)
    comparison = Comparison(
        kind,
        edits,
        verdict.boxes,
        rows_of(verdict),
        None,
        round(time.perf_counter() - began, 3),
    )
    return Compared(comparison, *fine, (decoded[0], decoded[1]))


def _read(found: Decoded | PictureError, picture: Picture, number: int) -> Decoded:
    if isinstance(found, PictureError):
        raise type(found)(f"{_called(picture, number)}: {found}", cause=found.cause) from found
    return found


def _called(picture: Picture, number: int) -> str:
    file = picture.file if isinstance(picture, Item) else picture
    return os.fspath(file) if isinstance(file, str | os.PathLike) else f"picture {number + 1}"


def _view(decoded: Decoded, picture: Picture, number: int) -> View:
    """What the second look is taken at; of two files with the same bytes the first one is first."""
    return View(
        decoded.inputs[_PREVIEW],
        (decoded.width, decoded.height),
        decoded.content_digest + decoded.member.encode() + bytes([number]),
        format=decoded.format,
        file_bytes=decoded.file_bytes,
        quality=_quality(decoded, picture),
    )


def _quality(decoded: Decoded, picture: Picture) -> int | None:
    """By the tables of the file itself; pictures in memory have none."""
    file = picture.file if isinstance(picture, Item) else picture
    if decoded.format not in ("JPEG", "MPO") or isinstance(file, Image.Image | np.ndarray):
        return None
    if isinstance(file, bytes):
        return jpeg_quality(file)
    try:
        return jpeg_quality(read_file(os.path.expanduser(os.fspath(file)), decoded.file_bytes))
    except PictureError:  # it changed meanwhile: then nobody knows
        return None


def _same(
    pool: DecodePool, pictures: tuple[Picture, Picture], decoded: tuple[Decoded, Decoded]
) -> Kind | None:
    """Whether they are the same bytes, or show the same in every pixel."""
    first, second = decoded
    if (first.width, first.height) != (second.width, second.height):
        return None
    if first.content_digest == second.content_digest and first.member == second.member:
        is_file = "array" not in (first.format, second.format)
        return "same-bytes" if is_file else "same-pixels"
    if first.member or second.member:
        return None  # digests are of whole files
    digests = [_digest(pool, some, found) for some, found in zip(pictures, decoded, strict=True)]
    return "same-pixels" if digests[0] is not None and digests[0] == digests[1] else None


def _digest(pool: DecodePool, picture: Picture, decoded: Decoded) -> bytes | None:
    if decoded.pixel_digest is not None or isinstance(picture, Image.Image | np.ndarray):
        return decoded.pixel_digest
    if isinstance(picture, str | os.PathLike):
        picture = os.path.expanduser(os.fspath(picture))
    return pool.digest(picture, content=decoded.content_digest).made


def rows_of(
    verdict: Verdict,
) -> tuple[tuple[float, float, float], tuple[float, float, float]] | None:
    """The transform of a verdict as records tell it: rounded, row by row."""
    if verdict.transform is None:
        return None
    across, down = (tuple(round(float(v), 6) for v in row) for row in verdict.transform)
    return (across[0], across[1], across[2]), (down[0], down[1], down[2])
