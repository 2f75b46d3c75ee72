"""libde265 asked directly: a tile's planes, without the filters that smooth the edges of blocks.

libheif, which pillow-heif holds, decodes with libde265 and always filters, makes RGB of every pixel
and copies it thrice. A tile that is reduced at once needs none of that, and takes about half the
time. In a picture of its own nothing is predicted from filtered samples (ITU-T H.265, section
8.4.4.2.2: they are taken before the in-loop filters), so that what is left out stays at the edges.

The library is the one that pillow-heif has loaded, by its documented C interface (``de265.h``).
Where it can't be reached (Windows, or a build that hides it), :func:`decode_planes` is ``None``.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from lookalike.images.heif.boxes import MalformedError, Reader

__all__ = ["Planes", "can_decode", "decode_planes"]

# enum de265_param
_NO_DEBLOCKING, _NO_SAO = 7, 8
_CHROMA = {0: (0, 0), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
_MOST_STEPS = 10_000  # of decoding one tile


@dataclass(frozen=True, slots=True)
class Planes:
    """A decoded picture before it is made RGB.

    Attributes:
        samples: luma, and two of chroma where there is colour; each (height, width), uint8.
        matrix: that makes RGB of it, as its bitstream names it (ITU-T H.273); 2 where it doesn't.
        full_range: whether its samples go from 0 to 255, by its bitstream.
    """

    samples: tuple[npt.NDArray[np.uint8], ...]
    matrix: int
    full_range: bool


@cache
def _library() -> ctypes.CDLL | None:
    if os.name == "nt":
        return None
    try:
        import _pillow_heif

        # Symbols of what a library depends on are found through it.
        library = ctypes.CDLL(_pillow_heif.__file__)
        pointer, whole, out = ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
        for name, result, arguments in (
            ("de265_new_decoder", pointer, ()),
            ("de265_free_decoder", whole, (pointer,)),
            ("de265_set_parameter_bool", None, (pointer, whole, whole)),
            (
                "de265_push_NAL",
                whole,
                (pointer, ctypes.c_char_p, whole, ctypes.c_int64, pointer),
            ),
            ("de265_flush_data", whole, (pointer,)),
            ("de265_decode", whole, (pointer, out)),
            ("de265_get_next_picture", pointer, (pointer,)),
            ("de265_get_image_width", whole, (pointer, whole)),
            ("de265_get_image_height", whole, (pointer, whole)),
            ("de265_get_bits_per_pixel", whole, (pointer, whole)),
            ("de265_get_chroma_format", whole, (pointer,)),
            ("de265_get_image_plane", pointer, (pointer, whole, out)),
            ("de265_get_image_full_range_flag", whole, (pointer,)),
            ("de265_get_image_matrix_coefficients", whole, (pointer,)),
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (ImportError, OSError, AttributeError):
        return None
    return library


def can_decode() -> bool:
    """Whether the library can be reached."""
    return _library() is not None


def decode_planes(configuration: bytes, content: bytes) -> Planes | None:
    """Decode a coded picture of 8 bits.

    Args:
        configuration: the content of its ``hvcC`` property.
        content: its bytes.

    Returns:
        ``None`` where the library can't be reached, or the picture isn't of a kind that is read
        here, or is damaged: whoever reads such pictures in full says what is wrong.
    """
    library = _library()
    if library is None:
        return None
    decoder = library.de265_new_decoder()
    if not decoder:
        return None
    try:
        for parameter in (_NO_DEBLOCKING, _NO_SAO):
            library.de265_set_parameter_bool(decoder, parameter, 1)
        for unit in _units(configuration, content):
            if library.de265_push_NAL(decoder, unit, len(unit), 0, None):
                return None
        if library.de265_flush_data(decoder):
            return None
        more = ctypes.c_int(1)
        for _ in range(_MOST_STEPS):
            if library.de265_decode(decoder, ctypes.byref(more)):
                return None
            picture = library.de265_get_next_picture(decoder)
            if picture:
                return _planes(library, picture)
            if not more.value:
                return None
    except MalformedError:
        return None
    finally:
        library.de265_free_decoder(decoder)
    return None


def _units(configuration: bytes, content: bytes) -> Iterator[bytes]:
    """The units of a stream, those of its configuration first (ISO/IEC 14496-15, section 8.3)."""
    reader = Reader(configuration, 21, len(configuration))
    size = (configuration[21] & 3) + 1 if len(configuration) > 21 else 4
    reader.number(1)
    for _ in range(reader.number(1)):
        reader.number(1)
        for _ in range(reader.number(2)):
            yield reader.take(reader.number(2))
    reader = Reader(content, 0, len(content))
    while reader.at < len(content):
        yield reader.take(reader.number(size))


def _planes(library: ctypes.CDLL, picture: int) -> Planes | None:
    chroma = library.de265_get_chroma_format(picture)
    if chroma not in _CHROMA:
        return None
    made = []
    for channel in range(3 if chroma else 1):
        width = library.de265_get_image_width(picture, channel)
        height = library.de265_get_image_height(picture, channel)
        stride = ctypes.c_int()
        start = library.de265_get_image_plane(picture, channel, ctypes.byref(stride))
        bits = library.de265_get_bits_per_pixel(picture, channel)
        if not start or bits != 8 or not 0 < width <= stride.value or height <= 0:
            return None
        # The last line may end with its last sample.
        length = stride.value * (height - 1) + width
        flat = np.ctypeslib.as_array(ctypes.cast(start, ctypes.POINTER(ctypes.c_uint8)), (length,))
        lines = np.lib.stride_tricks.as_strided(flat, (height, width), (stride.value, 1))
        made.append(lines.copy())
    return Planes(
        tuple(made),
        library.de265_get_image_matrix_coefficients(picture),
        bool(library.de265_get_image_full_range_flag(picture)),
    )
