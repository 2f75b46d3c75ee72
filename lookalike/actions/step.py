"""One step of a run: what is written down before anything is done, so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypeAlias, get_args

from lookalike.actions.attributes import Attributes

__all__ = ["Do", "Step"]

Do: TypeAlias = Literal["rename", "copy", "link", "clone", "write", "folder", "bin"]
"""What a step does.

``rename`` and ``copy`` move a file, on one file system and to another; ``link`` and ``clone`` put a
hard link or a clone of a kept file in its place; ``write`` writes a sidecar; ``folder`` makes a
folder; ``bin`` hands a file to the bin of macOS or Windows.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step is about to do.

    Attributes:
        number: in its run, from 1.
        file: the file of the plan for which it is done.
        do: what is done.
        path: of the file before it.
        to: of the file after it, where that is another.
        aside: a name that it may use for the while, in the folder of ``to`` or ``path``.
        back: a name that undoing it may use for the while, in the folder of ``path``.
        info: the file of the trash that says where the file came from; empty without one.
        told: what that file holds.
        digest: SHA-256 of the bytes at ``path`` before it, in hexadecimal digits; empty where
            nothing was there.
        made: that of the bytes which it writes.
        kept: the file that is linked to; of ``write``, where the former bytes are.
        device: of the file before it, as the system numbers it.
        inode: likewise.
        before: its times and rights before it; ``None`` where nothing was there.
    """

    number: int
    file: str
    do: Do
    path: str
    to: str = ""
    aside: str = ""
    back: str = ""
    info: str = ""
    told: str = ""
    digest: str = ""
    made: str = ""
    kept: str = ""
    device: int = 0
    inode: int = 0
    before: Attributes | None = None

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        packed: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        packed["before"] = None if self.before is None else self.before.pack()
        return packed

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`pack`.

        Raises:
            ValueError, TypeError, KeyError: no such record.
        """
        values = dict(packed)
        before = values.pop("before")
        for f in fields(cls):
            if f.name in values and not isinstance(
                values[f.name], int if f.name in ("number", "device", "inode") else str
            ):
                raise TypeError(f.name)
        if values["do"] not in get_args(Do):
            raise ValueError(values["do"])
        return cls(**values, before=None if before is None else Attributes.unpack(before))
