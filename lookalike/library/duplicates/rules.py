"""The rules that say which picture of a group to keep: a small TOML file."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias, get_args

from lookalike.errors import UsageError

__all__ = ["DEFAULT_RULES", "RuleName", "Rules"]

RuleName: TypeAlias = Literal[
    "folder", "whole", "source", "pixels", "most", "quality", "format", "exif", "older", "name"
]

DEFAULT_RULES: Final = """\
# Which picture of a group to keep. The rules are asked in this order. Each leaves out the pictures
# that it says are worse, until one is left. Leave a rule out of the list to have it never asked.
lookalike_rules = 1
order = [
  "folder", "whole", "source", "pixels", "most", "quality", "format", "exif", "older", "name",
]

# folder: keep what is in a preferred folder, the first of the list first, and rather not what is
# in a folder to be avoided.
[folder]
prefer = []
avoid = []

# whole: keep a file of several pictures (pages, frames) over a file of one of them.
# source: keep what something was done to (a border, words, a screenshot, blur, noise, no colour,
# lights or darks cut off, fewer levels) over what came of it.

# pixels: keep more pixels; fewer than so many times more are no reason.
[pixels]
factor = 1.02

# most: of three and more keep what lies and is lit as more than half of the group: no odd one that
# is mirrored, turned or brightened.

# quality: keep what is compressed less: without loss over with loss, then by the quality of both
# JPEG files (points of 100), then by bytes a pixel of one format.
[quality]
points = 3
factor = 1.1

# format: of files that show the same pixels keep the original: what is compressed without loss was
# saved from what is compressed with loss, and not the other way round. The first is the best.
[format]
order = ["RAW", "HEIF", "JPEG", "MPO", "AVIF", "WEBP", "JPEG2000", "GIF", "PNG", "TIFF", "BMP"]

# exif: keep what says more of how it was taken: date, camera, lens, place.

# older: keep the file that was changed first; fewer seconds are no reason.
[older]
seconds = 2

# name: keep what isn't named as a copy ("IMG_1 (2).jpg", "copy of"), then the shorter path, then
# the first by the alphabet.
"""

_FORM: Final = "lookalike_rules"
_VERSION: Final = 1
_KEYS: Final[dict[str, dict[str, type | tuple[type, ...]]]] = {
    "folder": {"prefer": list, "avoid": list},
    "pixels": {"factor": (int, float)},
    "quality": {"points": (int, float), "factor": (int, float)},
    "format": {"order": list},
    "older": {"seconds": (int, float)},
}
_MOST = 1_000_000  # bytes of a file of rules


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides which picture of a group is kept.

    Attributes:
        order: the rules that are asked, in their order.
        prefer: absolute folders, the best first.
        avoid: absolute folders.
        pixels_factor: times more pixels that are a reason.
        quality_points: of JPEG quality that are a reason.
        quality_factor: times more bytes a pixel that are a reason.
        formats: names of Pillow's, the best first.
        older_seconds: between two files that are a reason.
        text: TOML of all that.
    """

    order: tuple[RuleName, ...]
    prefer: tuple[str, ...]
    avoid: tuple[str, ...]
    pixels_factor: float
    quality_points: float
    quality_factor: float
    formats: tuple[str, ...]
    older_seconds: float
    text: str

    @classmethod
    def parse(cls, text: str, where: str = "the rules") -> Self:
        """Rules from TOML; what it leaves out is as in :data:`DEFAULT_RULES`.

        Args:
            text: TOML.
            where: it is from, for messages.

        Raises:
            UsageError: it can't be understood; one line says what, and where.
        """
        given, usual = _read(text, where), tomllib.loads(DEFAULT_RULES)
        for key in given:
            if key not in usual:
                raise UsageError(f"{where}: there is no {key!r}; there are {', '.join(usual)}")
        if given.get(_FORM, _VERSION) != _VERSION:
            raise UsageError(f"{where}: {_FORM} is {_VERSION}, not {given[_FORM]!r}")
        found = {}
        for table, keys in _KEYS.items():
            rows = given.get(table, {})
            if not isinstance(rows, dict):
                raise UsageError(f"{where}: [{table}] is a table with {', '.join(keys)}")
            for key in rows:
                if key not in keys:
                    raise UsageError(f"{where}: [{table}] has no {key!r}; it has {', '.join(keys)}")
            for key, kind in keys.items():
                found[table, key] = _value(
                    rows.get(key, usual[table][key]), table, key, kind, where
                )
        return cls(
            _order(given.get("order", usual["order"]), where),
            tuple(_folder(one, where) for one in found["folder", "prefer"]),
            tuple(_folder(one, where) for one in found["folder", "avoid"]),
            float(found["pixels", "factor"]),
            float(found["quality", "points"]),
            float(found["quality", "factor"]),
            tuple(one.upper() for one in found["format", "order"]),
            float(found["older", "seconds"]),
            text,
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Rules from a file.

        Raises:
            UsageError: it isn't there, can't be read, or can't be understood.
        """
        try:
            with path.open("rb") as file:
                data = file.read(_MOST + 1)
            if len(data) > _MOST:
                raise UsageError(f"{path} has more than {_MOST:,} bytes: that is no file of rules")
            text = data.decode()
        except OSError as error:
            raise UsageError(f"{path} can't be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{path} is no text in UTF-8") from error
        return cls.parse(text, str(path))


def _read(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: this is no TOML: {error}") from error


def _order(given: Any, where: str) -> tuple[RuleName, ...]:
    known: tuple[RuleName, ...] = get_args(RuleName)
    if not isinstance(given, list) or not given or len(set(map(str, given))) < len(given):
        raise UsageError(f"{where}: order is a list of rules, each once, such as {list(known)}")
    for name in given:
        if name not in known:
            raise UsageError(f"{where}: there is no rule {name!r}; there are {', '.join(known)}")
    return tuple(given)


def _value(value: Any, table: str, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    if kind is list:
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise UsageError(f"{where}: {key} of [{table}] is a list of texts, not {value!r}")
    elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise UsageError(f"{where}: {key} of [{table}] is a number from 0 on, not {value!r}")
    return value


def _folder(path: str, where: str) -> str:
    found = os.path.expanduser(path)
    if not os.path.isabs(found):
        raise UsageError(f"{where}: a folder is an absolute path, or begins with ~, not {path!r}")
    return os.path.normpath(found)
