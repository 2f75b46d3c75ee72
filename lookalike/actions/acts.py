"""The actions themselves: what is done to a file that may be touched."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Literal

from lookalike.actions import calls
from lookalike.actions.journal import Journal
from lookalike.actions.linking import check_link, put_link
from lookalike.actions.moving import make_folders, move
from lookalike.actions.names import beside, numbered
from lookalike.actions.plan import Action, Plan, PlannedFile
from lookalike.actions.seen import LeftAlone, Seen, status_of
from lookalike.actions.sidecars import Folders
from lookalike.actions.step import Step
from lookalike.actions.trash import has_own_bin, put_in_trash, trashes_for

__all__ = ["Acts", "undoable"]


def undoable(action: Action) -> str:
    """Why an action can't be undone by lookalike on this system; empty where it can."""
    if action == "trash" and has_own_bin():
        return (
            "lookalike can't bring back what goes to the bin of this system: do that in the bin"
            " itself, or use move:FOLDER"
        )
    return ""


class Acts:
    """Does what a plan's action is.

    Args:
        plan: the action, and where files go.
        journal: of the run; ``None`` for a dry one.
        folders: lists of folders, which forget what was changed.
    """

    def __init__(self, plan: Plan, journal: Journal | None, folders: Folders) -> None:
        self._plan, self._journal, self._folders = plan, journal, folders
        self._base = _common([file.path for group in plan.groups for file in group.act])

    def link(self, file: PlannedFile, seen: Seen, kept: Seen) -> None:
        """Put a link to a kept file, or its clone, in the place of a file; a dry run sees whether.

        Raises:
            LeftAlone: it can't be.
            OSError: what the system says.
        """
        do: Literal["link", "clone"] = "link" if self._plan.action == "hardlink" else "clone"
        if do == "link":
            check_link(seen, kept)
        if self._journal is not None:
            put_link(self._journal, do, file.path, seen, kept)

    def would(self, path: str, sidecars: Sequence[str]) -> dict[str, str]:
        """Where a file and its sidecars would go, as things stand; empty for a trash.

        Raises:
            LeftAlone: they could not go.
        """
        if self._plan.action == "trash":
            if not has_own_bin() and not trashes_for(path):
                raise LeftAlone("there is no trash for its file system: use move:FOLDER")
            return {}
        return next(self._places(path, sidecars))

    def move(self, file: PlannedFile, seen: Seen, sidecars: Sequence[str]) -> dict[str, str]:
        """Move a file and its sidecars away.

        Returns:
            Where each was, and where it is.

        Raises:
            LeftAlone: one of them was changed meanwhile, or there is no place for it.
            OSError: what the system says. Steps that were done are in the journal.
        """
        try:
            if self._plan.action == "trash":
                return self._to_trash(file, seen, sidecars)
            return self._to_folder(file, seen, sidecars)
        finally:
            self._folders.forget(os.path.dirname(seen.path))

    def frees(self, seen: Seen) -> bool:
        """Whether the disk of a file has more room after it is moved."""
        if self._plan.to is None:
            return True
        folder = self._plan.to
        while (status := status_of(folder, follow=True)) is None:
            folder = os.path.dirname(folder)
        return status.st_dev != seen.status.st_dev

    def tidy(self) -> None:
        """Remove folders that were made, and that nothing came into."""
        if self._journal is None:
            return
        for step in self._journal.open_since(0):
            if step.do == "folder":
                with suppress(OSError):
                    calls.remove_folder(step.path)
                    self._journal.back(step)

    def _below(self, folder: str) -> str:
        """Where a folder lies in the one that holds all files; with its drive if none does."""
        if self._base:
            return os.path.relpath(folder, self._base)
        drive, rest = os.path.splitdrive(folder)
        return os.path.join(drive.strip("\\/:"), rest.lstrip("\\/"))

    def _known(self) -> Journal:
        if self._journal is None:
            raise LeftAlone("nothing is touched without a journal")
        return self._journal

    def _to_trash(self, file: PlannedFile, seen: Seen, sidecars: Sequence[str]) -> dict[str, str]:
        journal = self._known()
        if has_own_bin():
            return self._to_bin(journal, file, seen, sidecars)
        found = {seen.path: put_in_trash(journal, file.path, seen).to}
        for sidecar in sidecars:
            found[sidecar] = put_in_trash(journal, file.path, Seen.at(sidecar)).to
        return found

    def _to_bin(
        self, journal: Journal, file: PlannedFile, seen: Seen, sidecars: Sequence[str]
    ) -> dict[str, str]:
        """By the bin of macOS or Windows, which says nothing of where a file is then."""
        from send2trash import send2trash

        for path in (seen.path, *sidecars):
            step = journal.begin(Step(0, file.path, "bin", path))
            if path == seen.path and not seen.is_untouched():
                journal.back(step)
                raise LeftAlone("was changed in the meantime")
            send2trash(path)
            journal.done(step)
        return {}

    def _to_folder(self, file: PlannedFile, seen: Seen, sidecars: Sequence[str]) -> dict[str, str]:
        journal = self._known()
        others = [Seen.at(path) for path in sidecars]
        for places in self._places(seen.path, sidecars):
            make_folders(journal, os.path.dirname(places[seen.path]))
            try:
                move(journal, file.path, seen, places[seen.path])
            except FileExistsError:
                continue  # somebody took the name just now
            for other in others:
                move(journal, file.path, other, places[other.path])
            return places
        raise LeftAlone(f"{self._plan.to} has too many files of its name")

    def _places(self, path: str, sidecars: Sequence[str]) -> Iterator[dict[str, str]]:
        """Where a file and its sidecars may go, best first: where nothing stands yet."""
        folder, name = os.path.split(path)
        target = os.path.normpath(os.path.join(self._plan.to or "", self._below(folder)))
        for tried in numbered(name):
            places = {path: os.path.join(target, tried)}
            for sidecar in sidecars:
                renamed = beside(name, tried, os.path.basename(sidecar))
                places[sidecar] = os.path.join(target, renamed)
            if all(status_of(place) is None for place in places.values()):
                yield places


def _common(paths: Sequence[str]) -> str:
    """The deepest folder that holds all of the files; empty where drives are several."""
    folders = {os.path.realpath(os.path.dirname(path)) for path in paths}
    try:
        return os.path.commonpath(folders)
    except ValueError:  # no files, or several drives of Windows
        return ""
