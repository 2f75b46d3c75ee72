"""All pictures laid out in the plane, so that what looks alike is near.

The neighbours of each picture come from the exact scan of the photo code. They are drawn together,
and pictures drawn at random are pushed apart, with the curves of UMAP (McInnes, Healy and Melville,
2018, section 3 and 4.1) in place of forces; all points move at once, so that NumPy does it. It
begins with the two main directions of the codes, so that the same library gets the same map.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import from_words, unpack
from lookalike.library.engine import ContentIds, Table
from lookalike.types import ContentId

__all__ = ["LARGEST", "Layout", "OnSteps", "lay_out", "of_pictures"]

LARGEST: Final = 65_535
"""Of a coordinate; the smallest is 0."""

OnSteps = Callable[[str, int, int], object]
"""Called with the stage (``neighbours`` or ``places``), steps done and steps in all."""

_NEIGHBOURS = 12
_LOOKED_AT = 40  # of the nearest codes, whose embeddings choose the neighbours
_BLOCK = 1_024  # codes that are asked or projected at a time
_SAMPLE = 20_000  # codes that the main directions are found by
_ROUNDS = 300
_APART = 5  # pictures drawn at random, for each picture and round
_A, _B = 0.583, 1.334  # of UMAP's curve, for a least distance of 0.5: thumbnails take room
_PULL, _PUSH, _PUSH_NEXT = 0.7, 1.2, 0.06
_NEXT = 32  # places on the curve that those that are pushed apart are at most from each other
_BEGUN = 15.0  # half the side of the square that points begin in
_FARTHEST = 4.0  # a point moves in a round, at most

Points = npt.NDArray[np.float32]


class Layout(NamedTuple):
    """Where things are in the plane.

    Attributes:
        ids: of contents, or of pictures; ascending, int64 (n,).
        places: x to the right and y downwards, 0 to :data:`LARGEST`, uint16 (n, 2).
    """

    ids: npt.NDArray[np.int64]
    places: npt.NDArray[np.uint16]


def lay_out(
    table: Table,
    *,
    seed: int = 0,
    progress: OnSteps | None = None,
    stop: threading.Event | None = None,
) -> Layout | None:
    """Lay out all contents that can be found.

    It takes about 60 bytes of memory for each neighbour of each content.

    Args:
        table: of the photo code.
        seed: of what is drawn at random.
        progress: called now and then.
        stop: set it, from any thread, to end early.

    Returns:
        ``None`` if it was stopped.
    """
    told = progress or (lambda *_: None)
    stop = stop or threading.Event()
    contents = table.sample(len(table))
    if len(contents) < 3:
        apart = np.linspace(0, LARGEST, len(contents) + 2)[1:-1].astype(np.uint16)
        return Layout(contents, np.stack([apart, apart], 1).reshape(-1, 2))
    near = _neighbours(table, contents, told, stop)
    if near is None:
        return None
    places = _settled(_begun(table, contents, seed), near, seed, told, stop)
    return None if places is None else Layout(contents, _on_grid(places))


def of_pictures(
    layout: Layout, pictures_of: Callable[[Sequence[ContentId]], Mapping[ContentId, Sequence[Any]]]
) -> Layout:
    """Where the pictures are that show the contents of a layout."""
    ids: list[int] = []
    rows: list[int] = []
    for start in range(0, len(layout.ids), _BLOCK):
        contents = [ContentId(content) for content in layout.ids[start : start + _BLOCK].tolist()]
        held = pictures_of(contents)
        for row, content in enumerate(contents, start):
            found = [picture.id for picture in held[content]]
            ids += found
            rows += [row] * len(found)
    order = np.argsort(np.array(ids, np.int64), kind="stable")
    return Layout(np.array(ids, np.int64)[order], layout.places[np.array(rows, np.int64)[order]])


def _codes(table: Table, contents: ContentIds) -> npt.NDArray[np.uint8]:
    return from_words(table.stored(contents).words, table.encoder.bits)


def _neighbours(
    table: Table, contents: ContentIds, told: OnSteps, stop: threading.Event
) -> npt.NDArray[np.int64] | None:
    """The rows of each content's nearest others, (n, k), by embeddings where there are any."""
    k = min(_NEIGHBOURS, len(contents) - 1)
    found = np.empty((len(contents), k), np.int64)
    for start in range(0, len(contents), _BLOCK):
        if stop.is_set():
            return None
        told("neighbours", start, len(contents))
        block = contents[start : start + _BLOCK]
        ids = table.nearest(_codes(table, block), min(_LOOKED_AT + 1, len(contents))).ids
        rows = np.minimum(np.searchsorted(contents, np.maximum(ids, 0)), len(contents) - 1)
        near = _nearness(table, block, contents[rows])
        if near is None:  # they are in order
            near = np.broadcast_to(-np.arange(ids.shape[1], dtype=np.float32), ids.shape).copy()
        near[(ids < 0) | (ids == block[:, None])] = -np.inf
        best = np.argsort(-near, axis=1, kind="stable")[:, :k]
        found[start : start + len(block)] = np.take_along_axis(rows, best, 1)
    return found


def _nearness(table: Table, block: ContentIds, others: ContentIds) -> Points | None:
    """The cosine of each of a block's contents with each of its own others, (n, k)."""
    own = table.stored(block).embeddings
    if own is None:
        return None
    near = np.empty(others.shape, np.float32)
    units = _units(own)
    for column in range(others.shape[1]):
        kept = table.stored(others[:, column])
        assert kept.embeddings is not None
        near[:, column] = (units * _units(kept.embeddings)).sum(1)
    return near


def _units(embeddings: npt.NDArray[np.int8]) -> Points:
    rows = embeddings.astype(np.float32)
    lengths = np.sqrt((rows * rows).sum(1, keepdims=True))
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)


def _begun(table: Table, contents: ContentIds, seed: int) -> Points:
    """Where points begin: along the two main directions of the codes, by their ranks there.

    By the values themselves a few that are like nothing else would begin far away and stay there,
    so that all others had a corner of the map.
    """
    bits = table.encoder.bits
    some = table.sample(_SAMPLE, seed)
    signs = unpack(_codes(table, some), bits).astype(np.float32) * 2 - 1
    mean = signs.mean(0)
    signs -= mean
    _, directions = np.linalg.eigh((signs.T @ signs) / len(signs))
    axes = directions[:, -2:][:, ::-1].astype(np.float32)
    # A direction is the same turned round: the greatest of its shares is made positive.
    axes *= np.sign(axes[np.abs(axes).argmax(0), range(axes.shape[1])])
    places = np.empty((len(contents), 2), np.float32)
    for start in range(0, len(contents), _BLOCK):
        block = unpack(_codes(table, contents[start : start + _BLOCK]), bits)
        places[start : start + _BLOCK] = (block.astype(np.float32) * 2 - 1 - mean) @ axes
    ranks = np.argsort(np.argsort(places, axis=0, kind="stable"), axis=0, kind="stable")
    jitter = np.random.default_rng(seed).normal(0, 0.01, places.shape)
    return np.asarray(_BEGUN * (2 * ranks / (len(places) - 1) - 1) + jitter, np.float32)


def _settled(
    places: Points,
    near: npt.NDArray[np.int64],
    seed: int,
    told: OnSteps,
    stop: threading.Event,
) -> Points | None:
    """Where points come to lie."""
    count, k = near.shape
    random = np.random.default_rng(seed)
    one = np.repeat(np.arange(count, dtype=np.int64), k)
    other = near.ravel()
    degree = np.bincount(one, minlength=count) + np.bincount(other, minlength=count)
    weight = (1 / np.maximum(degree, 1)).astype(np.float32)[:, None]
    rounds = _ROUNDS
    for number in range(rounds):
        if stop.is_set():
            return None
        if number % 5 == 0:
            told("places", number, rounds)
        rate = 1 - number / rounds
        along = places[other] - places[one]
        square = (along * along).sum(1, keepdims=True)
        with np.errstate(divide="ignore"):
            pull = 2 * _A * _B * square ** (_B - 1) / (1 + _A * square**_B)
        pull[square == 0] = 0
        along *= pull
        move = np.empty_like(places)
        for axis in (0, 1):
            move[:, axis] = np.bincount(one, along[:, axis], count)
            move[:, axis] -= np.bincount(other, along[:, axis], count)
        move *= _PULL * weight
        for _ in range(_APART):
            order = random.permutation(count)
            move[order] += _PUSH / _APART * _away(places[order], places[np.roll(order, 1)])
        # Those next to it are drawn too seldom to keep what is alike from falling together.
        order = np.argsort(_cells(places, random), kind="stable")
        for step in random.integers(1, min(_NEXT, count - 1) + 1, 2):
            push = _away(places[order], places[np.roll(order, int(step))])
            move[order] += _PUSH_NEXT * push
            move[np.roll(order, int(step))] -= _PUSH_NEXT * push
        np.clip(move, -_FARTHEST, _FARTHEST, out=move)
        places = places + np.float32(rate) * move
    return places


def _away(places: Points, others: Points) -> Points:
    """How far some points are pushed away from others."""
    away = places - others
    square = (away * away).sum(1, keepdims=True)
    away *= 2 * _B / ((0.001 + square) * (1 + _A * square**_B))
    return np.clip(away, -_FARTHEST, _FARTHEST, out=away)


def _cells(places: Points, random: np.random.Generator) -> npt.NDArray[np.uint32]:
    """The places of points on a curve through the plane (G. M. Morton, 1966).

    The plane is turned and shifted first, so that the curve's edges show nowhere.
    """
    turn = random.uniform(0, np.pi / 2)
    across = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]], np.float32)
    turned = places @ across
    side = np.maximum((turned.max(0) - turned.min(0)).max(), 1e-6) * 2
    scaled = turned - turned.min(0) + random.uniform(0, side / 2, 2).astype(np.float32)
    scaled = (scaled / side * LARGEST).astype(np.uint32)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        scaled = (scaled | (scaled << np.uint32(shift))) & np.uint32(mask)
    return np.asarray(scaled[:, 0] | (scaled[:, 1] << np.uint32(1)), np.uint32)


def _on_grid(places: Points) -> npt.NDArray[np.uint16]:
    """Places on a square grid, the longer side of which is filled; outliers on its rim."""
    low, high = np.percentile(places, [0.2, 99.8], axis=0)
    middle, side = (low + high) / 2, max(float((high - low).max()), 1e-6) * 1.05
    scaled = (places - middle) / side + 0.5
    return np.asarray(np.round(np.clip(scaled, 0, 1) * LARGEST), np.uint16)
