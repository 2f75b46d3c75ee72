"""The ledger by causes: what kept files from their codes, and what to do about it.

Damaged files and files that are no pictures have one cause, which is in the file; they are two
groups, since only the first are a reason to look for a backup.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

from lookalike.errors import Cause
from lookalike.library.run_records import LossEntry
from lookalike.system.installing import install_command

__all__ = ["GROUPS", "Group", "LedgerGroup", "Refused", "group_of", "groups_of"]

Group: TypeAlias = Literal[
    "access", "extra", "limit", "memory", "time", "kind", "damaged", "no picture", "loss"
]
"""What files of the ledger have in common, first what is most easily mended."""

GROUPS: Final[dict[Group, str]] = {
    "access": "can't be opened or read",
    "extra": "a package that reads them is missing",
    "limit": "beyond a limit",
    "memory": "took too much memory",
    "time": "took too long",
    "kind": "of a kind that isn't read",
    "damaged": "damaged",
    "no picture": "no picture",
    "loss": "read with a loss",
}
"""What is told of the files of each group."""

_ADVICE: Final[dict[Group, str]] = {
    "access": "mend the permission or the disk; every run tries them again",
    "kind": "they are sound: the reason names the kind; convert them, such as to PNG",
    "damaged": "restore them from a backup; they are tried again when they change",
    "no picture": "nothing to do, unless one should be a picture: then restore it from a backup",
    "loss": "they are in the library; if you have a backup, compare them with it",
}
_EXTRA = re.compile(r"lookalike\[([a-z0-9]+)\]")


class Refused(Protocol):
    """A file of the ledger, as far as it matters here."""

    @property
    def status(self) -> Literal["skipped", "failed"]:
        """By policy, or since it couldn't be read."""

    @property
    def cause(self) -> Cause:
        """What for."""

    @property
    def reason(self) -> str:
        """One line."""


@dataclass(frozen=True, slots=True)
class LedgerGroup:
    """Files with one cause, and what to do about them.

    Attributes:
        name: such as ``access``; ``damaged`` and ``no picture`` both have the cause ``file``, and
            ``loss`` are those that are indexed all the same.
        files: how many.
        title: in a few words what is the matter with them.
        advice: one line: what to do.
    """

    name: Group
    files: int
    title: str
    advice: str


def group_of(entry: Refused) -> Group:
    """The group of a file of the ledger."""
    if entry.cause == "file":
        return "damaged" if entry.status == "failed" else "no picture"
    return entry.cause


def groups_of(
    ledger: Iterable[Refused], losses: Sequence[LossEntry] = ()
) -> tuple[LedgerGroup, ...]:
    """The groups that have files, in the order of :data:`GROUPS`."""
    reasons: dict[Group, list[str]] = defaultdict(list)
    for entry in ledger:
        reasons[group_of(entry)].append(entry.reason)
    if losses:
        reasons["loss"] = [entry.reason for entry in losses]
    return tuple(
        LedgerGroup(name, len(reasons[name]), title, _advice(name, reasons[name]))
        for name, title in GROUPS.items()
        if reasons[name]
    )


def _advice(group: Group, reasons: Iterable[str]) -> str:
    if group == "extra":
        extras = sorted({name for reason in reasons for name in _EXTRA.findall(reason)})
        what = install_command(*extras) if extras else "reinstall lookalike with all it needs"
        return f"{what}; the next run reads them"
    if group == "limit":
        limits = sorted({_limit(reason) for reason in reasons})
        options = " ".join(f"--limit {limit}=NUMBER" for limit in limits)
        return f"lookalike index {options} allows more"
    if group in ("memory", "time"):
        limit = "memory" if group == "memory" else "seconds"
        return (
            "the next run tries them again, then once a day; "
            f"lookalike index --limit {limit}=NUMBER allows more"
        )
    return _ADVICE[group]


def _limit(reason: str) -> str:
    """Which limit a reason is about."""
    return "pixels" if "pixel" in reason else "file-bytes"
