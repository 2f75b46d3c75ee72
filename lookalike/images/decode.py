"""A file's bytes, or pixels in memory, to what the encoders take in.

One road for pictures that are indexed and for pictures that are searched by: :func:`decode` ends
in the steps that :func:`prepare` is made of. ``decode`` is meant for the child processes of
:mod:`lookalike.images.pool.pool`; it runs decoders written in C on bytes that nobody vouches for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.errors import PictureError, PictureFailed, PictureSkipped, UsageError
from lookalike.images.arrays import from_array
from lookalike.images.fitting import fit, least_size
from lookalike.images.formats.format import Opened, reason_of
from lookalike.images.formats.limits import check_pixels, damage
from lookalike.images.formats.registry import format_of
from lookalike.images.members import member_kind, member_number
from lookalike.images.modes import as_viewed
from lookalike.images.orientation import orientation_of, upright
from lookalike.images.profiles import to_srgb
from lookalike.images.reasons import cause_of
from lookalike.images.sameness import array_digest, file_digest, from_pillow, rgb_digest
from lookalike.images.sameness_of_files import Shown, free_digest
from lookalike.images.shot import shot_of
from lookalike.images.unread import not_read
from lookalike.types import Decoded, InputSpec, Limits, Pixels

__all__ = ["decode", "decoded_rgb_digest", "prepare"]

# No decoder makes less of a picture than the largest input that it usually has: how far a JPEG is
# reduced, and with it every code and digest, must not depend on what else is asked of it.
_LEAST = InputSpec(512, "within")
# Of an animation: the frame, the one before it, what it is restored to, and its conversion.
_COMPOSED_BYTES = 16


def prepare(
    image: Image.Image | npt.NDArray[Any], inputs: Mapping[str, InputSpec], limits: Limits
) -> Decoded:
    """Bring pixels in memory to what the encoders take in.

    Args:
        image: a picture of Pillow's, in any mode (its EXIF orientation is honoured, it isn't
            changed), or an array as :func:`lookalike.images.arrays.from_array` takes it.
        inputs: for each encoder's name what it wants.
        limits: only ``pixels`` counts here.

    Returns:
        The inputs. ``content_digest`` is made from the pixels (there is no file), so that it
        equals no file's; ``file_bytes`` is 0.

    Raises:
        UsageError: an array that is no picture.
        PictureSkipped: more pixels than the limit.
        PictureFailed: a picture whose file, read only now, is damaged.
    """
    given, pixels = image, None
    if isinstance(image, np.ndarray):
        if image.ndim >= 2:
            check_pixels(image.shape[1], image.shape[0], limits)
        array, name = image, "array"
        image = from_array(array)
        pixels = array_digest(array)
    elif isinstance(image, Image.Image):
        check_pixels(image.width, image.height, limits)
        name = image.format or "array"
        if not (image.width and image.height):
            raise UsageError(f"a picture of {image.width} x {image.height} holds no pixels")
    else:
        raise UsageError(f"{type(image).__name__} is no picture: give a PIL image or an array")
    try:
        image.load()
        frame = upright(as_viewed(image), orientation_of(image))
        if given is image:
            pixels = from_pillow(image, orientation_of(image))
    except Exception as error:
        cause = cause_of(error)
        reason = f"damaged {name}: {reason_of(error)}"
        if cause == "memory":
            reason = f"{name} of {image.width} x {image.height}: out of memory"
        raise PictureFailed(reason, cause=cause) from error
    pixels = None if pixels is None else file_digest([pixels])
    seen = rgb_digest(frame) if pixels is None else pixels
    return Decoded(
        inputs=_inputs(frame, inputs, image.info.get("icc_profile"), image.mode),
        content_digest=hashlib.sha256(b"lookalike: pixels in memory" + seen).digest(),
        pixel_digest=pixels,
        width=frame.width,
        height=frame.height,
        format=name,
        file_bytes=0,
    )


def decode(
    data: bytes,
    inputs: Mapping[str, InputSpec],
    limits: Limits,
    *,
    suffix: str = "",
    member: str = "",
    count: bool = False,
    permit: Callable[[int], None] | None = None,
) -> Decoded:
    """Decode a picture file and bring it to what the encoders take in.

    JPEG is decoded at a half, a quarter or an eighth of its size where that still is at least the
    size that each encoder wants. Frames of an animation are taken as they are shown, laid over
    those before them.

    Args:
        data: the whole file.
        inputs: for each encoder's name what it wants.
        limits: only ``pixels`` counts here.
        suffix: of the file's name, lower case with its dot; helps only with camera raw.
        member: which picture of the file, as :mod:`lookalike.images.members` names them; the first
            one by default.
        count: whether to say how many pictures the file holds.
        permit: called with an estimate of the bytes that decoding takes, before it begins.

    Returns:
        The inputs and digests. ``content_digest`` is the file's, whatever the member.
        ``pixel_digest`` is there where it is free: at full size, of a file with one picture, or of
        a later picture; else :func:`lookalike.images.sameness_of_files.exact_digest` makes it.

    Raises:
        PictureSkipped: not a picture, or more pixels than the limit.
        PictureFailed: truncated or damaged, no such member, or more memory needed than there is.
        UsageError: ``member`` can't be understood.
    """
    shown = _shown(data, inputs, limits, suffix, member, count, permit)
    opened, frame = shown.opened, shown.frame
    try:
        return Decoded(
            inputs=_inputs(frame, inputs, shown.profile, shown.mode),
            content_digest=hashlib.sha256(data).digest(),
            pixel_digest=free_digest(shown, data),
            width=(opened.size or shown.size)[0],
            height=(opened.size or shown.size)[1],
            format=opened.name,
            file_bytes=len(data),
            member=member,
            members=shown.members,
            loss=opened.loss,
            shot=shot_of(opened.image, data, shown.orientation),
        )
    except MemoryError as error:
        raise _out_of_memory(shown.size, limits) from error


def decoded_rgb_digest(
    data: bytes,
    limits: Limits,
    *,
    suffix: str = "",
    member: str = "",
    permit: Callable[[int], None] | None = None,
) -> bytes:
    """SHA-256 of size and 8-bit RGB of a picture file at full size, as it is shown: see rgb_digest.

    Raises:
        PictureError: as :func:`decode`.
    """
    all_of_it = {"": InputSpec(1 << 16, "within")}
    return rgb_digest(_shown(data, all_of_it, limits, suffix, member, False, permit).frame)


def _shown(
    data: bytes,
    inputs: Mapping[str, InputSpec],
    limits: Limits,
    suffix: str,
    member: str,
    count: bool,
    permit: Callable[[int], None] | None,
) -> Shown:
    """As :func:`decode`, up to the picture as a viewer shows it, of RGB or grey, upright."""
    number = member_number(member)
    kind = format_of(data, suffix)
    if kind is None:
        raise not_read(data)
    opened = kind.open(data, limits)
    image, label = opened.image, kind.label or kind.name
    check_pixels(image.width, image.height, limits)
    frames = kind.frames(image, data) if number > 1 or count else []
    alone = number > 1 or len(kind.everything(image, data)) == 1
    composed = number > 1 and kind.members == "frame"
    if number > 1:
        if number > len(frames) or member_kind(member) != kind.members:
            held = "1 picture" if len(frames) == 1 else f"{len(frames):,} pictures"
            raise PictureFailed(f"holds {held}: there is no {member}")
        if composed and permit is not None:  # those before it are decoded on the way
            permit(image.width * image.height * _COMPOSED_BYTES)
        with _reasons(label, image.size, limits):
            kind.seek(image, frames[number - 1], limits)
    full = image.size
    with _reasons(label, full, limits):
        opened = kind.reduced(opened, data, least_size(full, [*inputs.values(), _LEAST]), limits)
    image = opened.image
    if permit is not None and not composed:
        permit(opened.needs or _estimate(image) + kind.extra_bytes(image, full))
    with _reasons(label, full, limits):
        try:
            image = _loaded(opened)
        except (PictureError, Image.DecompressionBombError):
            raise
        except Exception as error:
            if number > 1 or cause_of(error) == "memory":
                raise
            opened = kind.salvage(opened, data, limits, error)
            if permit is not None and opened.needs:
                permit(opened.needs)
            image = _loaded(opened)
        orientation = orientation_of(image)
        if opened.size is not None and orientation == 1:
            orientation = opened.orientation
        reduced = image.size != full
        frame = upright(as_viewed(image), orientation)
    seen = frame.size
    if reduced:
        seen = full if orientation < 5 else (full[1], full[0])
    plain = alone and not reduced and kind.is_exact(image, data)
    return Shown(
        kind,
        opened,
        image if plain else None,
        frame,
        orientation,
        seen,
        image.info.get("icc_profile"),
        image.mode,
        len(frames) or None,
    )


def _loaded(opened: Opened) -> Image.Image:
    if opened.load is not None:
        return opened.load()
    opened.image.load()
    return opened.image


@contextmanager
def _reasons(label: str, size: tuple[int, int], limits: Limits) -> Iterator[None]:
    """Whatever a reader raises, as the failure of one picture."""
    try:
        yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # only where Pillow's own limit is lower
        raise PictureSkipped(reason_of(error), cause="limit") from error
    except Exception as error:
        if cause_of(error) == "memory":
            raise _out_of_memory(size, limits) from error
        raise damage(f"damaged {label}: {reason_of(error)}", error, size, limits) from error


def _estimate(image: Image.Image) -> int:
    """Bytes that decoding takes, roughly: Pillow keeps 4 for a pixel, and conversion a second."""
    return image.width * image.height * {"L": 1, "1": 2, "RGB": 4}.get(image.mode, 8)


def _out_of_memory(full: tuple[int, int], limits: Limits) -> PictureFailed:
    return PictureFailed(
        f"{full[0]} x {full[1]}: needs more than {limits.memory_bytes:,} bytes of memory",
        cause="memory",
    )


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _inputs(
    frame: Image.Image, inputs: Mapping[str, InputSpec], profile: bytes | None, mode: str
) -> dict[str, Pixels]:
    """The frame in each size that is asked for.

    Colour profiles are applied after shrinking: it costs next to nothing there, and the two orders
    differ by less than what any code notices.
    """
    made = {}
    for name, spec in inputs.items():
        small = fit(frame, spec)
        made[name] = np.array(_rgb(to_srgb(small, profile, mode) or small))
    return made
