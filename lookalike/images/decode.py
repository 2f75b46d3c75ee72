"""A file's bytes, or pixels in memory, to what the encoders take in.

One road for pictures that are indexed and for pictures that are searched by: :func:`decode` ends
in the steps that :func:`prepare` is made of. ``decode`` is meant for the child processes of
:mod:`lookalike.images.pool.pool`; it runs decoders written in C on bytes that nobody vouches for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError

from lookalike.errors import PictureFailed, PictureSkipped, UsageError
from lookalike.images.arrays import from_array
from lookalike.images.fitting import fit, least_size
from lookalike.images.formats import load_plugin, sniff, webp_size
from lookalike.images.modes import as_viewed
from lookalike.images.png import check_png
from lookalike.images.profiles import to_srgb
from lookalike.images.raw import raw_preview
from lookalike.images.reasons import one_line, show_bytes
from lookalike.types import Decoded, InputSpec, Limits, Pixels

__all__ = ["decode", "prepare"]

_ORIENTATION = 0x0112  # EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A JPEG is decoded at a fraction of its size, but at no smaller one than this takes. It is PDQ's
# input, which every library decodes for: so an encoder gets the same pixels of a picture whichever
# other encoders it is decoded for.
_LEAST = InputSpec(512, "within")
_STRIP_PIXELS = 4_000_000  # hashed at a time, so that hashing needs no second copy of the frame


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
    if isinstance(image, np.ndarray):
        if image.ndim >= 2:
            _check_pixels(image.shape[1], image.shape[0], limits)
        image, name = from_array(image), "array"
    elif isinstance(image, Image.Image):
        _check_pixels(image.width, image.height, limits)
        name = image.format or "array"
        if not (image.width and image.height):
            raise UsageError(f"a picture of {image.width} x {image.height} holds no pixels")
    else:
        raise UsageError(f"a {type(image).__name__} is no picture: give a PIL image or an array")
    try:
        image.load()
        frame = _upright(as_viewed(image), _orientation(image))
    except MemoryError as error:
        raise PictureFailed(f"{name} of {image.width} x {image.height}: out of memory") from error
    except Exception as error:
        raise PictureFailed(f"damaged {name}: {_what(error)}") from error
    pixels = _pixel_digest(frame, frame.size)
    return Decoded(
        inputs=_inputs(frame, inputs, image.info.get("icc_profile")),
        content_digest=hashlib.sha256(b"lookalike: pixels in memory" + pixels).digest(),
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
    permit: Callable[[int], None] | None = None,
) -> Decoded:
    """Decode a picture file and bring it to what the encoders take in.

    JPEG is decoded at a half, a quarter or an eighth of its size where that still is at least the
    size that each encoder wants, and has 512 pixels on its longer side. Of animations the first
    frame counts.

    Args:
        data: the whole file.
        inputs: for each encoder's name what it wants.
        limits: only ``pixels`` counts here.
        suffix: of the file's name, lower case with its dot; helps only with camera raw.
        permit: called with an estimate of the bytes that decoding takes, before it begins.

    Returns:
        The inputs and digests. ``pixel_digest`` is the SHA-256 of ``b"{width}x{height}"`` and the
        RGB bytes after orientation, before any colour profile; where the decoder reduced the frame,
        of ``b"{width}x{height}@{reduced width}x{reduced height}"`` and the reduced RGB bytes,
        so that it equals only digests that were made by the same reduction.

    Raises:
        PictureSkipped: not a picture, or more pixels than the limit.
        PictureFailed: truncated or damaged, or more memory needed than there is.
    """
    content = hashlib.sha256(data).digest()
    name = sniff(data, suffix)
    if name is None:
        raise PictureSkipped(f"not a picture: starts with {show_bytes(data)}")
    size: tuple[int, int] | None = None
    turned = 1
    image: Image.Image
    if name == "RAW":
        preview = raw_preview(data)
        size, turned = preview.size, preview.orientation
        opened = preview.image or _open(preview.jpeg or b"", "JPEG", limits)
        image, label = opened, "camera raw"
    else:
        image, label = _open(data, name, limits), name
        name = image.format or name
    _check_pixels(image.width, image.height, limits)
    full = image.size
    if image.format in ("JPEG", "MPO"):
        # Kept in its mode: only the size is drafted.
        image.draft(None, least_size(full, [*inputs.values(), _LEAST]))
    drafted = image.size != full
    if permit is not None:
        permit(_estimate(image, full))
    try:
        image.load()
        orientation = _orientation(image)
        if size is not None and orientation == 1:
            orientation = turned
        profile = image.info.get("icc_profile")
        frame = as_viewed(image)
        del image
        frame = _upright(frame, orientation)
    except MemoryError as error:
        raise PictureFailed(_out_of_memory(full, limits)) from error
    except Exception as error:
        if "out of memory" in str(error).lower():  # how some readers put it
            raise PictureFailed(_out_of_memory(full, limits)) from error
        raise PictureFailed(f"damaged {label}: {_what(error)}") from error
    try:
        seen = frame.size
        if drafted:
            seen = full if orientation < 5 else (full[1], full[0])
        return Decoded(
            inputs=_inputs(frame, inputs, profile),
            content_digest=content,
            pixel_digest=_pixel_digest(frame, seen),
            width=(size or seen)[0],
            height=(size or seen)[1],
            format=name,
            file_bytes=len(data),
        )
    except MemoryError as error:
        raise PictureFailed(_out_of_memory(full, limits)) from error


def _open(data: bytes, name: str, limits: Limits) -> ImageFile.ImageFile:
    """The picture's header, nothing decoded yet."""
    if name == "WEBP" and (size := webp_size(data)):
        _check_pixels(*size, limits)
    try:
        load_plugin(name)
    except ImportError as error:
        raise PictureSkipped(
            f"this installation can't read {name}: {one_line(str(error))}"
        ) from error
    try:
        image = Image.open(BytesIO(data), formats=[name])
    except UnidentifiedImageError as error:
        raise PictureFailed(f"damaged {name}: its header can't be read") from error
    except Image.DecompressionBombError as error:  # only where Pillow's own limit is lower
        raise PictureSkipped(one_line(str(error))) from error
    except MemoryError as error:
        raise PictureFailed(f"{name}: out of memory while reading its header") from error
    except Exception as error:
        raise PictureFailed(f"damaged {name}: {_what(error)}") from error
    _check_pixels(image.width, image.height, limits)
    if name == "PNG":
        check_png(data)
    return image


def _check_pixels(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.pixels:
        raise PictureSkipped(
            f"{width} x {height} = {width * height:,} pixels: more than the limit of "
            f"{limits.pixels:,}"
        )


def _estimate(image: Image.Image, full: tuple[int, int]) -> int:
    """Bytes that decoding takes, roughly: Pillow keeps 4 for a pixel, and conversion a second."""
    bytes_per_pixel = {"L": 1, "1": 2, "RGB": 4}.get(image.mode, 8)
    needed = image.width * image.height * bytes_per_pixel
    if image.info.get("progressive"):  # all coefficients are kept, two bytes each
        needed += full[0] * full[1] * 6
    return needed


def _out_of_memory(full: tuple[int, int], limits: Limits) -> str:
    return f"{full[0]} x {full[1]}: needs more than {limits.memory_bytes:,} bytes of memory"


def _what(error: Exception) -> str:
    return one_line(str(error)) or type(error).__name__


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 where it is missing or nonsense."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF comes in many kinds, and a viewer shows the picture anyway
        return 1
    return value if isinstance(value, int) and value in _UPRIGHT else 1


def _upright(frame: Image.Image, orientation: int) -> Image.Image:
    return frame.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else frame


def _rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _pixel_digest(frame: Image.Image, full: tuple[int, int]) -> bytes:
    head = f"{full[0]}x{full[1]}"
    if frame.size != full:
        head += f"@{frame.width}x{frame.height}"
    state = hashlib.sha256(head.encode())  # of RGB, also where the frame is grey
    rows = max(1, _STRIP_PIXELS // frame.width)
    if frame.height <= rows:
        state.update(_rgb(frame).tobytes())
    else:
        for top in range(0, frame.height, rows):
            strip = frame.crop((0, top, frame.width, min(top + rows, frame.height)))
            state.update(_rgb(strip).tobytes())
    return state.digest()


def _inputs(
    frame: Image.Image, inputs: Mapping[str, InputSpec], profile: bytes | None
) -> dict[str, Pixels]:
    """The frame in each size that is asked for.

    Colour profiles are applied after shrinking: it costs next to nothing there, and the two orders
    differ by less than what any code notices.
    """
    made = {}
    for name, spec in inputs.items():
        small = _rgb(fit(frame, spec))
        made[name] = np.array(to_srgb(small, profile) or small)
    return made
