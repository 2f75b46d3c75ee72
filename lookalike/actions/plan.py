"""A plan: what is to be done to which files, written before anything is done, and read strictly."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias, get_args

from lookalike.actions.plan_checks import check_plan, shown
from lookalike.errors import UsageError
from lookalike.images.reasons import os_reason
from lookalike.system.replacing import replacing

__all__ = [
    "ACTIONS",
    "Action",
    "Plan",
    "PlannedFile",
    "PlannedGroup",
    "PlannedKind",
    "read_plan",
    "write_plan",
]

Action: TypeAlias = Literal["trash", "move", "hardlink", "reflink", "list"]
"""What is done to the files of a plan."""

ACTIONS: tuple[Action, ...] = get_args(Action)
"""All of them."""

PlannedKind: TypeAlias = Literal["same-bytes", "same-pixels", "edited"]
"""What a file may be to the kept one so that it is acted on."""

_VERSION = 1
_MOST = 1 << 30  # bytes of a plan


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file of a plan.

    Attributes:
        path: absolute.
        digest: SHA-256 of its bytes when the plan was made, 64 hexadecimal digits.
        bytes: its size then.
        member: which picture of the file is meant; empty for the file itself. What is acted on is
            always a whole file.
        kind: what it is to the kept ones; empty for these.
        why: it goes, in words; empty for what is kept.
    """

    path: str
    digest: str
    bytes: int
    member: str = ""
    kind: PlannedKind | Literal[""] = ""
    why: str = ""

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        packed = {n: getattr(self, n) for n in ("path", "digest", "member", "bytes")}
        return packed | ({"kind": self.kind, "why": self.why} if self.kind else {})


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """Files that show the same picture.

    Attributes:
        id: names the group.
        kind: what its files are to each other; the widest of theirs.
        keep: files that stay.
        act: files that something is done to.
    """

    id: str
    kind: PlannedKind
    keep: tuple[PlannedFile, ...]
    act: tuple[PlannedFile, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to which files.

    Attributes:
        action: what is done.
        groups: to which files.
        to: the folder that files are moved to, absolute; ``None`` for other actions.
        made: when the plan was made, ISO 8601; by default now.

    Raises:
        UsageError: the plan contradicts itself; the message names the group and the path.
    """

    action: Action
    groups: tuple[PlannedGroup, ...]
    to: str | None = None
    made: str = ""

    def __post_init__(self) -> None:
        if not self.made:
            object.__setattr__(self, "made", datetime.now(UTC).isoformat(timespec="seconds"))
        check_plan(self)

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "lookalike_plan": _VERSION,
            "made": self.made,
            "action": self.action,
            "to": self.to,
            "groups": [
                {
                    "id": group.id,
                    "kind": group.kind,
                    "keep": [file.pack() for file in group.keep],
                    "act": [file.pack() for file in group.act],
                }
                for group in self.groups
            ],
        }

    @classmethod
    def unpack(cls, packed: Any) -> Self:
        """The inverse of :meth:`pack`, of what somebody may have edited by hand.

        Raises:
            UsageError: it is no plan, has a key that nobody knows, or contradicts itself.
        """
        whole = _keys(packed, "the plan", ("lookalike_plan", "made", "action", "to", "groups"))
        if whole["lookalike_plan"] != _VERSION or isinstance(whole["lookalike_plan"], bool):
            version = shown(whole["lookalike_plan"])
            raise UsageError(f"lookalike_plan is {version}, and this lookalike reads {_VERSION}")
        if not isinstance(whole["groups"], list):
            raise UsageError("groups has to be a list")
        groups = tuple(_group(group, n) for n, group in enumerate(whole["groups"], 1))
        return cls(whole["action"], groups, whole["to"], _string(whole, "made", "the plan"))


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan from a file.

    Raises:
        UsageError: it can't be read, is no plan, has a key that nobody knows, or contradicts
            itself. The message is one line and names the group and the path.
    """
    named = os.fspath(path)
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise UsageError(f"the plan {named} can't be read: {os_reason(error)}") from error
    if len(data) > _MOST:
        raise UsageError(f"the plan {named} has more than {_MOST:,} bytes")
    try:
        packed = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the plan {named} is not JSON: {error}") from error
    except UsageError as error:
        raise UsageError(f"the plan {named}: {error}") from error
    try:
        return Plan.unpack(packed)
    except UsageError as error:
        raise UsageError(f"the plan {named}: {error}") from error


def write_plan(path: str | os.PathLike[str], plan: Plan) -> None:
    """Write a plan to a file, whole or not at all; what was there is replaced.

    Raises:
        OSError: it can't be written.
    """
    with replacing(Path(path)) as partial:
        partial.write_text(json.dumps(plan.pack(), indent=1) + "\n", encoding="ascii")


def _group(packed: Any, number: int) -> PlannedGroup:
    where = f"group {number}"
    if isinstance(packed, dict) and isinstance(packed.get("id"), str):
        where = f"group {packed['id']}"
    group = _keys(packed, where, ("id", "kind", "keep", "act"))
    for name in ("keep", "act"):
        if not isinstance(group[name], list):
            raise UsageError(f"{where}: {name} has to be a list")
    return PlannedGroup(
        _string(group, "id", where),
        group["kind"],
        tuple(_file(file, f"{where}: keep", ()) for file in group["keep"]),
        tuple(_file(file, f"{where}: act", ("kind", "why")) for file in group["act"]),
    )


def _file(packed: Any, where: str, more: tuple[str, ...]) -> PlannedFile:
    if isinstance(packed, dict) and isinstance(packed.get("path"), str):
        where = f"{where}: {packed['path']}"
    file = _keys(packed, where, ("path", "digest", "member", "bytes", *more))
    for name in ("path", "digest", "member", *more):
        _string(file, name, where)
    if type(file["bytes"]) is not int:
        raise UsageError(f"{where}: bytes has to be a whole number, not {shown(file['bytes'])}")
    return PlannedFile(**file)


def _keys(packed: Any, where: str, wanted: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(packed, dict):
        raise UsageError(f"{where} has to be an object with {', '.join(wanted)}")
    for name in packed:
        if name not in wanted:
            raise UsageError(f"{where}: {shown(name)} is no key: it takes {', '.join(wanted)}")
    for name in wanted:
        if name not in packed:
            raise UsageError(f"{where}: the key {name} is missing")
    return packed


def _string(packed: Mapping[str, Any], name: str, where: str) -> str:
    value = packed[name]
    if not isinstance(value, str):
        raise UsageError(f"{where}: {name} has to be a text, not {shown(value)}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"the key {shown(twice)} stands twice in one object")
    return found
