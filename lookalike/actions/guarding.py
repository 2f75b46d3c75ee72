"""Whether a file may be acted on now: never the last copy, never what is protected or changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from lookalike.actions.plan import Plan, PlannedFile, PlannedGroup
from lookalike.actions.seen import LeftAlone, Seen, status_of
from lookalike.actions.trash import in_trash
from lookalike.errors import UsageError
from lookalike.sources.naming import is_away

__all__ = ["Guard"]

_Identity = tuple[int, int]


class Guard:
    """Judges the files of a plan, each at the moment when something is to be done to it.

    Args:
        plan: which files are kept, and where others go.
        protected: folders, and files, that nothing is done to.

    Raises:
        UsageError: something protected isn't there, or files would be moved into it.
    """

    def __init__(self, plan: Plan, protected: Iterable[str | os.PathLike[str]]) -> None:
        self._to = None if plan.to is None else os.path.realpath(plan.to)
        self._protected: dict[_Identity, str] = {}
        self._folders: dict[str, str] = {}
        for named in protected:
            path = os.path.abspath(os.path.expanduser(os.fspath(named)))
            try:
                status = os.stat(path)
            except (OSError, ValueError) as error:
                raise UsageError(
                    f"{path} can't be protected, since it isn't there: name a folder or a file"
                ) from error
            self._protected[status.st_dev, status.st_ino] = path
        if plan.to is not None and (by := self._above(plan.to)):
            raise UsageError(f"nothing is moved to {plan.to}: {by} is protected")
        # Whatever the names that a kept file has, it isn't acted on by any of them.
        self._kept: dict[_Identity, str] = {}
        for group in plan.groups:
            for file in group.keep:
                try:
                    status = os.stat(file.path)
                except (OSError, ValueError):
                    continue
                self._kept[status.st_dev, status.st_ino] = file.path

    def check(self, group: PlannedGroup, file: PlannedFile) -> tuple[Seen, PlannedFile, Seen]:
        """Read a file and one that is kept, and see that the first may be acted on.

        Returns:
            The file, with a path that has no links on the way; one kept file of its group that can
            be read, as planned; and that one as it was read.

        Raises:
            LeftAlone: it may not; the message says why.
        """
        if is_away(file.path):
            raise LeftAlone("lies in an object store or an archive: only files here are acted on")
        path = self.place(file.path)
        status = status_of(path)
        # Soon said, without reading it.
        if status is not None and stat.S_ISREG(status.st_mode) and status.st_size != file.bytes:
            raise LeftAlone("was changed since the plan was made")
        seen = Seen.at(path)
        if seen.digest != file.digest:
            raise LeftAlone("was changed since the plan was made")
        return (seen, *self._keeper(group, file, seen))

    def place(self, path: str) -> str:
        """Where a file really lies, if that is no place that is left alone.

        Raises:
            LeftAlone: it is; the message says why.
        """
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        status = status_of(path)
        if status is None:
            raise LeftAlone("is not there any more, or its disk is not")
        by = self._protected.get((status.st_dev, status.st_ino))
        by = by or self._above(os.path.dirname(path)) or self._above(os.path.dirname(real))
        if by:
            raise LeftAlone(f"is protected by {by}")
        if in_trash(real):
            raise LeftAlone("lies in a trash already")
        if self._in_target(real):
            raise LeftAlone("lies in the folder that files are moved to already")
        kept = self._kept.get((status.st_dev, status.st_ino))
        if kept is not None:
            raise LeftAlone(
                f"is the same file as {kept}, which is kept: a second name frees nothing"
            )
        return real

    def is_protected(self, path: str) -> str:
        """What protects a file; empty where nothing does."""
        status = status_of(path, follow=True)
        own = "" if status is None else self._protected.get((status.st_dev, status.st_ino), "")
        real = os.path.realpath(path)
        above = os.path.dirname
        return own or self._above(above(path)) or self._above(above(real))

    def _keeper(
        self, group: PlannedGroup, file: PlannedFile, seen: Seen
    ) -> tuple[PlannedFile, Seen]:
        """A kept file of the group whose bytes are those of the plan, read now."""
        reasons = []
        for kept in group.keep:
            if file.kind == "same-bytes" and kept.digest != file.digest:
                continue
            real = os.path.realpath(kept.path)
            try:
                if in_trash(real):
                    raise LeftAlone("lies in a trash")
                if self._in_target(real):
                    raise LeftAlone("lies in the folder that files are moved to")
                there = Seen.at(real)
                if there.digest != kept.digest:
                    raise LeftAlone("was changed since the plan was made")
                return kept, there
            except LeftAlone as error:
                reasons.append(f"{kept.path} {error}")
        raise LeftAlone(f"no kept file of its group can be relied on: {'; '.join(reasons)}")

    def _in_target(self, real: str) -> bool:
        return self._to is not None and Path(real).is_relative_to(self._to)

    def _above(self, folder: str) -> str:
        """What protects a folder, or one above it, whatever the names of these; else empty."""
        if not self._protected:
            return ""
        if folder not in self._folders:
            found = ""
            status = status_of(folder, follow=True)
            if status is not None:
                found = self._protected.get((status.st_dev, status.st_ino), "")
            above = os.path.dirname(folder)
            if not found and above != folder:
                found = self._above(above)
            self._folders[folder] = found
        return self._folders[folder]
