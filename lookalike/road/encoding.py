"""Codes of pictures, without a library."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.codes.bits import bytes_for
from lookalike.encoders import registry
from lookalike.encoders.fits import SAMPLE
from lookalike.encoders.fitted import FittedEncoder
from lookalike.errors import PictureError, UsageError
from lookalike.images.pool.item import Item
from lookalike.road.draw import draw
from lookalike.road.made import PictureCode
from lookalike.road.pictures import Picture
from lookalike.road.road import Road
from lookalike.types import Encoded, Encoder, Limits

__all__ = ["encode"]

_KEY = "code"


def encode(
    pictures: Picture | Iterable[Picture],
    code: str | Encoder = "photo",
    *,
    limits: Limits | None = None,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Encoded:
    """Codes of pictures. They are decoded and encoded as those of a library are.

    Args:
        pictures: one picture, or several: each a path, the bytes of a file, a PIL image, or an
            array (height, width) or (height, width, 3 or 4) of uint8, or of floats from 0 to 1.
        code: ``pdq``, ``photo``, or another name of an encoder; or an encoder, which saves loading
            it again. A third-party model that is given by its name is fitted on these pictures
            first: its codes can be compared with each other, and not with those of another call.
        limits: what one picture may cost.
        workers: decoding processes; as many as there are processors by default.
        progress: called with 1 for each picture that has its code.

    Returns:
        A row for each picture, in the order given. One picture has one row.

    Raises:
        PictureError: a picture can't be read; the message says which.
        UsageError: something given is no picture or out of range, or there is no such encoder.
        ModelError: the encoder's file is missing or damaged, or can't be fetched.

    Example:
        >>> grey = np.full((64, 64), 0.5)
        >>> encode([grey, grey], "pdq").codes.shape
        (2, 32)
    """
    if progress is not None and not callable(progress):
        raise UsageError(f"progress is a function that is called, not {progress!r}")
    items = _listed(pictures)
    encoder = _encoder(code)
    if isinstance(code, str) and isinstance(encoder, FittedEncoder):
        encoder = _fitted(encoder, items, limits, workers)
    rows: list[PictureCode] = []
    with Road({_KEY: encoder}, limits=limits, workers=workers) as road:
        for number, made in road.codes(enumerate(items)):
            if isinstance(made, PictureError):
                told = f"{_name(items[number], number)}: {made}"
                raise type(made)(told, cause=made.cause) from made
            rows.append(made.codes[_KEY])
            if progress is not None:
                progress(1)
    return _joined(rows, encoder)


def _listed(pictures: Any) -> list[Picture]:
    if isinstance(pictures, str | bytes | os.PathLike | Item | Image.Image | np.ndarray):
        return [pictures]
    if not isinstance(pictures, Iterable):
        raise UsageError(
            f"{type(pictures).__name__} is no picture: give a path, the bytes of a file, a PIL "
            "image, an array, or several of them"
        )
    try:
        return list(pictures)
    except TypeError as error:  # some call themselves iterable and aren't
        raise UsageError(f"pictures are one picture or several, not {pictures!r}") from error


def _encoder(code: Any) -> Encoder:
    if isinstance(code, str):
        return registry.load(registry.resolve(code))
    if not isinstance(code, Encoder):
        raise UsageError(f"code is the name of an encoder, or an encoder, not {code!r}")
    return code


def _fitted(
    encoder: FittedEncoder, items: list[Picture], limits: Limits | None, workers: int | None
) -> FittedEncoder:
    drawn, there = draw(items, SAMPLE)
    with Road({_KEY: encoder}, limits=limits, workers=workers) as road:
        features = road.features(_KEY, enumerate(drawn))
    return encoder if features is None else encoder.fitted(features, drawn_from=there)


def _name(picture: Picture, number: int) -> str:
    if isinstance(picture, Item):
        picture = picture.file if isinstance(picture.file, str | os.PathLike) else picture.name
    return os.fspath(picture) if isinstance(picture, str | os.PathLike) else f"picture {number}"


def _joined(rows: list[PictureCode], encoder: Encoder) -> Encoded:
    codes = [row.code for row in rows]
    embeddings: npt.NDArray[np.int8] | None = None
    if encoder.embedding_size:
        found = [row.embedding for row in rows if row.embedding is not None]
        embeddings = np.array(found, np.int8).reshape(len(found), encoder.embedding_size)
    quality = [row.quality for row in rows if row.quality is not None]
    return Encoded(
        np.array(codes, np.uint8).reshape(len(codes), bytes_for(encoder.bits)),
        embeddings,
        np.array(quality, np.uint8) if quality else None,
    )
