"""Networks and losses of other packages: by ``module:Class``, or by the name of an entry point."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from typing import Any

from lookalike.errors import UsageError

__all__ = ["LOSSES", "NETWORKS", "names", "own"]

NETWORKS = "lookalike.networks"
"""The group of entry points that name networks."""

LOSSES = "lookalike.losses"
"""The group of entry points that name losses."""


def names(group: str) -> list[str]:
    """Names of the entry points of a group, in alphabetical order."""
    return sorted({entry.name for entry in importlib.metadata.entry_points(group=group)})


def own(name: str, group: str, base: type[Any], what: str) -> type[Any] | None:
    """The class that a name stands for; ``None`` where it stands for none.

    Args:
        name: ``module:Class``, whose module is looked for in the current folder, too; or the name
            of an entry point.
        group: of entry points.
        base: what it has to be a class of.
        what: ``network`` or ``loss``, for messages.

    Raises:
        UsageError: the module can't be imported, has no such class, or one of another kind.
    """
    if ":" not in name:
        found = importlib.metadata.entry_points(group=group, name=name)
        if not found:
            return None
        name = next(iter(found)).value
    module, _, attribute = name.partition(":")
    made = _attribute(module.strip(), attribute.split("[")[0].strip(), what)
    if not (isinstance(made, type) and issubclass(made, base)):
        raise UsageError(
            f"{name} is no {what}: give a subclass of {base.__module__}.{base.__qualname__}"
        )
    return made


def _attribute(module: str, name: str, what: str) -> object:
    here = os.getcwd()
    sys.path.append(here)  # last: it shadows nothing that is installed
    try:
        loaded = importlib.import_module(module)
    except Exception as error:  # whatever the module does when it is imported
        raise UsageError(
            f"the module {module!r} of a {what} can't be imported "
            f"({type(error).__name__}: {error}): run where it is, or install it"
        ) from error
    finally:
        sys.path.remove(here)
    try:
        return getattr(loaded, name)
    except AttributeError as error:
        raise UsageError(f"{module} has no {name!r}: give the {what} as module:Class") from error
