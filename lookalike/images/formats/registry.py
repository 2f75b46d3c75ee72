"""The picture formats that lookalike reads, collected from one list.

Suffixes decide which files of a folder are looked at; the first bytes decide what a file is.

The list is written down rather than found by looking into the folder: a list works from an archive
or a bundled program too, costs no look at the disk at the start of each decoding process, says the
order of asking, and runs no file that merely happens to lie there. A test compares it with the
folder.
"""

from __future__ import annotations

import importlib
from typing import Final

from lookalike.images.formats.format import Format

__all__ = [
    "FORMATS",
    "RAW_SUFFIXES",
    "SUFFIXES",
    "by_name",
    "is_candidate",
    "load_plugin",
    "recognise",
    "sniff",
    "suffix_of",
]

# The commonest first; what goes by the suffix last.
_MODULES: Final = (
    "jpeg",
    "png",
    "webp",
    "gif",
    "heif",
    "avif",
    "tiff",
    "bmp",
    "jpeg2000",
    "raw",
)

FORMATS: Final[tuple[Format, ...]] = tuple(
    importlib.import_module(f"lookalike.images.formats.{module}").FORMAT for module in _MODULES
)
"""All formats, in the order in which they are asked."""

SUFFIXES: Final[frozenset[str]] = frozenset().union(*(form.suffixes for form in FORMATS))
"""Suffixes of the files that a walk takes up, lower case."""

_BY_NAME: Final = {name: form for form in FORMATS for name in form.names}

RAW_SUFFIXES: Final = _BY_NAME["RAW"].suffixes
"""Camera raw: read by the embedded preview, with the extra ``raw``."""


def suffix_of(name: str) -> str:
    """The suffix of a file's name, lower case, with its dot; empty where there is none."""
    _, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if dot else ""


def is_candidate(name: str) -> bool:
    """Whether a file of this name is taken up: by its suffix, whatever its case."""
    return suffix_of(name) in SUFFIXES


def recognise(data: bytes, suffix: str = "") -> Format | None:
    """A file's format, ``None`` for no picture.

    Args:
        data: the file, or at least its first 64 bytes (4 KiB for camera raw without a suffix).
        suffix: of the file's name; tells camera raw from the TIFF that most of it looks like.
    """
    return next((form for form in FORMATS if form.recognises(data, suffix)), None)


def sniff(data: bytes, suffix: str = "") -> str | None:
    """As :func:`recognise`, the format's name: Pillow's, or ``RAW`` for camera raw."""
    form = recognise(data, suffix)
    return None if form is None else form.name


def by_name(name: str) -> Format | None:
    """The format of a name as :attr:`lookalike.types.Decoded.format` has it, if there is one."""
    return _BY_NAME.get(name)


def load_plugin(name: str) -> None:
    """Import what reads a format, and nothing else.

    Args:
        name: as :func:`sniff` gives it.

    Raises:
        ImportError: this build has no reader for it.
    """
    _BY_NAME[name].load()
