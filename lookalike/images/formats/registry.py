"""All formats that lookalike reads: an explicit list.

Suffixes decide which files of a folder are looked at; the first bytes decide what a file is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lookalike.images.formats import (
    avif,
    bmp,
    gif,
    heif,
    jpeg,
    jpeg2000,
    png,
    raw,
    tiff,
    webp,
)
from lookalike.images.formats.format import Format
from lookalike.images.members import member_name
from lookalike.types import Decoded

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "format_of",
    "is_candidate",
    "media_type",
    "members_of",
    "names_of",
    "suffix_of",
]

_FILES = (avif, bmp, gif, heif, jpeg, jpeg2000, png, raw, tiff, webp)

FORMATS: Final[Mapping[str, Format]] = {file.FORMAT.name: file.FORMAT for file in _FILES}
"""By name."""

SUFFIXES: Final = frozenset(suffix for made in FORMATS.values() for suffix in made.suffixes)
"""Of the files that a walk takes up, lower case."""

_MEDIA_TYPES = {n: made.media_type for made in FORMATS.values() for n in (made.name, *made.also)}


def suffix_of(name: str) -> str:
    """The suffix of a file's name, lower case, with its dot; empty where there is none."""
    _, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if dot else ""


def is_candidate(name: str) -> bool:
    """Whether a file of this name is taken up: by its suffix, whatever its case."""
    return suffix_of(name) in SUFFIXES


def format_of(data: bytes, suffix: str = "") -> Format | None:
    """What a file is, by its first bytes; ``None`` for no picture.

    Args:
        data: the file, or at least its first 64 bytes (4 KiB for camera raw without a suffix).
        suffix: of the file's name; tells camera raw from the TIFF that most of it looks like.
    """
    return next((made for made in FORMATS.values() if made.recognises(data, suffix)), None)


def members_of(first: Decoded, most: int) -> list[str]:
    """The names of a file's pictures, the first ones.

    Args:
        first: its first picture, which says how many there are.
        most: names, at most.
    """
    made = FORMATS.get(first.format)
    if made is None or made.members is None:
        return [""]
    return [member_name(made.members, n) for n in range(1, min(most, first.members or 1) + 1)]


def names_of(word: str) -> tuple[str, ...]:
    """The names that a library keeps for what a person calls a format; none for no format.

    Args:
        word: a format's name or a suffix of its files, in any case. That of one camera raw stands
            for all of it, since no more than that is kept.
    """
    word = word.lower().removeprefix(".")
    return tuple(
        name
        for made in FORMATS.values()
        if word in {n.lower() for n in (made.name, *made.also)} or f".{word}" in made.suffixes
        for name in ((made.name, *made.also) if word != "mpo" else ("MPO",))
    )


def media_type(name: str) -> str | None:
    """What browsers show pictures of a format as, by the name that a library keeps.

    The type is that of the bytes, never of the file's name.
    """
    return _MEDIA_TYPES.get(name)
