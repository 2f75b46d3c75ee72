"""Folders that programs make for themselves, in the middle of people's pictures.

Only what can't be mistaken: a name here hides whatever a person keeps under it. Names that begin
with a dot (``.@__thumb``, ``.Trashes``, ``.picasaoriginals``) are hidden anyway.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Final

from lookalike.sources.exclude import Exclusion

__all__ = ["PROGRAM_FOLDERS", "program_folder"]

_UUID = "-".join("?" * length for length in (8, 4, 4, 4, 12))

PROGRAM_FOLDERS: Final[dict[str, str]] = {
    "@eaDir/": "Synology: thumbnails and what else was found out, one in every folder",
    "\\#recycle/": "Synology: recycle bin of a share",
    "\\#snapshot/": "Synology: earlier states of a share, each a whole copy",
    "@tmp/": "Synology: temporary files",
    "@Recycle/": "QNAP: recycle bin of a share",
    "@Recently-Snapshot/": "QNAP: earlier states of a share, each a whole copy",
    "$RECYCLE.BIN/": "Windows: recycle bin of a drive",
    # Below, there is a folder for every user, named by the user's security identifier.
    "**/RECYCLER/S-1-*/": "Windows XP: recycle bin of a drive",
    "System Volume Information/": "Windows: restore points of a drive",
    "Network Trash Folder/": "macOS: trash of a share",
    "__MACOSX/": "macOS: what archives hold beside the files",
    "lost+found/": "Linux: what a check of the disk has found",
    # Not renders/ and originals/: there lie people's edits and pictures.
    "**/*.photoslibrary/**/resources/derivatives/": "Apple Photos: smaller copies",
    "**/*.photolibrary/Thumbnails/": "iPhoto: thumbnails",
    "**/*.aplibrary/Thumbnails/": "Aperture: thumbnails",
    # "Smart Previews.lrdata" are DNG files.
    "* Previews.lrdata/": "Lightroom: previews and smart previews",
    "**/CaptureOne/Cache/": "Capture One: thumbnails and proxies",
    # By the id of the user.
    f"**/thumbs/{_UUID}/": "Immich: thumbnails",
    "**/appdata_*/preview/": "Nextcloud: previews",
}
"""Patterns of gitignore, whose letter case doesn't count, and what they are for."""

# Drives go from one system to another, and some change the case of names.
_EXCLUSION = Exclusion(list(PROGRAM_FOLDERS), ignore_case=True)

# A walk asks about every folder: nearly all of them end here, by the last name of the path.
_LAST = [pattern.strip("/\\").split("/")[-1].lower() for pattern in PROGRAM_FOLDERS]
_NAMES = frozenset(name for name in _LAST if not set(name) & set("*?"))
_OTHERS = re.compile("|".join(fnmatch.translate(name) for name in _LAST if name not in _NAMES))


def program_folder(path: str) -> str | None:
    """The pattern that says that a folder is one of a program, ``None`` for a person's.

    Args:
        path: absolute, with slashes on every system.
    """
    name = path[path.rfind("/") + 1 :].lower()
    if name not in _NAMES and _OTHERS.match(name) is None:
        return None
    decided = _EXCLUSION.decided(path, is_folder=True)
    return None if decided is None else list(PROGRAM_FOLDERS)[decided[0]]
