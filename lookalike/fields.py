"""What the fields of a record mean and how they are shown: told once, in its dataclass.

From it follow the record's docstring, its JSON over REST, that JSON's schema, the columns of its
table, and the lines below it on a contact sheet; tests compare the documentation with it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

__all__ = [
    "Told",
    "documented",
    "json_keys",
    "json_values",
    "plain",
    "public_values",
    "record_values",
    "same_as",
    "told",
    "told_of",
]

T = TypeVar("T")

_KEY = "told"
_WIDTH = 96  # of a docstring's line


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one field.

    A format string is filled with all the fields of the record: ``"{distance}/{bits}"``.

    Attributes:
        meaning: for people, unit included, as the end of the sentence "name: ...".
        heading: of its column in a table; empty for a field without one.
        cell: what its column holds, as a format string; nothing where the field is ``None``.
        right: whether the column is aligned on the right, as numbers are.
        always: whether the column is there even if it would be empty.
        last: whether the column comes after all others.
        caption: for the contact sheet, the line that it stands on (0 or 1), and a format string;
            nothing where the field is ``None``.
        public: whether REST hands it out as it is.
        key: what JSON calls it, where Python has another use for that word; empty where it is the
            field's name.
        digits: decimals that REST rounds it to; ``None`` for all of them.
        always_in_json: whether JSON has it even where it is ``None``.
        schema: further words of JSON Schema, such as ``minimum``; they outweigh those that follow
            from the type.
    """

    meaning: str
    heading: str = ""
    cell: str = ""
    right: bool = False
    always: bool = True
    last: bool = False
    caption: tuple[int, str] | None = None
    public: bool = True
    key: str = ""
    digits: int | None = None
    always_in_json: bool = True
    schema: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """The meaning as a sentence."""
        return f"{self.meaning[:1].upper()}{self.meaning[1:]}."


_NOTHING = Told("")


def told(meaning: str, **how: Any) -> Mapping[str, Told]:
    """A dataclass field's ``metadata``; the arguments are those of :class:`Told`."""
    return {_KEY: Told(meaning, **how)}


def same_as(record: Any, name: str) -> Mapping[str, Told]:
    """The ``metadata`` of a field that means what a field of another dataclass means."""
    return {_KEY: told_of(record)[name]}


def told_of(record: Any) -> Mapping[str, Told]:
    """What a dataclass, or one of its records, tells of its fields, in their order."""
    return _told_of(record if isinstance(record, type) else type(record))


@cache
def _told_of(kind: type[Any]) -> Mapping[str, Told]:
    return MappingProxyType({f.name: f.metadata.get(_KEY, _NOTHING) for f in fields(kind)})


def record_values(record: Any) -> dict[str, Any]:
    """The fields of a record by name."""
    return {f.name: getattr(record, f.name) for f in fields(record)}


def json_keys(record: Any) -> dict[str, str]:
    """What JSON calls the fields of a dataclass, or of one of its records, by their names."""
    return {name: about.key or name for name, about in told_of(record).items()}


def json_values(record: Any) -> dict[str, Any]:
    """The fields of a record by what JSON calls them; what they hold is left as it is."""
    return {
        about.key or name: getattr(record, name)
        for name, about in told_of(record).items()
        if about.always_in_json or getattr(record, name) is not None
    }


def plain(value: Any) -> Any:
    """Records, and what holds any, in the terms of JSON."""
    if is_dataclass(value):
        return {key: plain(held) for key, held in json_values(value).items()}
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in value.items()}
    return [plain(held) for held in value] if isinstance(value, list | tuple) else value


def public_values(record: Any) -> dict[str, Any]:
    """What REST hands out of a record as it is, rounded as it is told."""
    found = {}
    for name, about in told_of(record).items():
        if about.public:
            value = getattr(record, name)
            rounded = value is not None and about.digits is not None
            found[about.key or name] = round(value, about.digits) if rounded else plain(value)
    return found


def documented(record: type[T]) -> type[T]:
    """Write the meanings of a dataclass's fields into its docstring."""
    lines = [
        textwrap.fill(f"{name}: {about.meaning}.", _WIDTH, initial_indent=" " * 4,
                      subsequent_indent=" " * 8, break_long_words=False)
        for name, about in told_of(record).items()
        if about.meaning
    ]  # fmt: skip
    record.__doc__ = "\n".join([f"{record.__doc__ or ''}\n", "Attributes:", *lines])
    return record
