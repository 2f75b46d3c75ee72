"""Whether a plan contradicts itself."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from lookalike.errors import UsageError
from lookalike.sources.naming import is_away

if TYPE_CHECKING:
    from lookalike.actions.plan import Plan, PlannedFile, PlannedGroup

__all__ = ["check_plan", "shown"]

_ACTIONS = ("trash", "move", "hardlink", "reflink", "list")
_KINDS = ("same-bytes", "same-pixels", "edited")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def check_plan(plan: Plan) -> None:
    """Refuse a plan that contradicts itself.

    Raises:
        UsageError: the message names the group and the path.
    """
    if plan.action not in _ACTIONS:
        raise UsageError(f"action is one of {', '.join(_ACTIONS)}, not {shown(plan.action)}")
    if (plan.to is not None) != (plan.action == "move"):
        raise UsageError(
            "to names the folder that files are moved to: the action move needs it, and others"
            " have null"
        )
    if plan.to is not None:
        _check_path(plan.to, "to")
    ids: set[str] = set()
    kept: dict[str, str] = {}
    for group in plan.groups:
        if group.id in ids:
            raise UsageError(f"group {shown(group.id)} stands twice in the plan")
        ids.add(group.id)
        if group.kind not in _KINDS:
            raise UsageError(
                f"group {group.id}: kind is one of {', '.join(_KINDS)}, not {shown(group.kind)}"
            )
        kept.update((file.path, group.id) for file in group.keep)
    acted: dict[str, str] = {}
    for group in plan.groups:
        for file in (*group.keep, *group.act):
            _check_file(file, group)
        if group.act and not group.keep:
            raise UsageError(
                f"group {group.id}: {group.act[0].path} would be acted on with nothing kept"
            )
        for file in group.act:
            _check_act(file, group)
            if file.path in kept:
                raise UsageError(
                    f"group {group.id}: {file.path} is to be acted on, and group"
                    f" {kept[file.path]} keeps it"
                )
            if file.path in acted:
                raise UsageError(
                    f"group {group.id}: {file.path} is to be acted on twice, also by group"
                    f" {acted[file.path]}"
                )
            acted[file.path] = group.id


def _check_file(file: PlannedFile, group: PlannedGroup) -> None:
    where = f"group {group.id}: {file.path}"
    _check_path(file.path, where)
    if not _DIGEST.fullmatch(file.digest):
        raise UsageError(f"{where}: digest has to be 64 hexadecimal digits in small letters")
    if file.bytes < 0:
        raise UsageError(f"{where}: bytes is {file.bytes}, which no file has")


def _check_act(file: PlannedFile, group: PlannedGroup) -> None:
    where = f"group {group.id}: {file.path}"
    if file.member:
        raise UsageError(
            f"{where}: only whole files can be acted on, not {file.member}: leave it out"
        )
    if file.kind not in _KINDS:
        raise UsageError(
            f"{where}: kind is one of {', '.join(_KINDS)}, not {shown(file.kind)}: others are"
            " never acted on"
        )
    if file.kind == "same-bytes" and file.digest not in {kept.digest for kept in group.keep}:
        raise UsageError(f"{where}: kind is same-bytes, and no kept file has this digest")


def _check_path(path: str, where: str) -> None:
    if is_away(path) and "\0" not in path:
        return  # it is left alone, and that is said of it
    if not os.path.isabs(path) or "\0" in path:
        raise UsageError(f"{where}: {shown(path)} is no absolute path")
    if os.path.normpath(path) != path:
        raise UsageError(f"{where}: write the path as {os.path.normpath(path)}")
