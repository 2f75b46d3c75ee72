"""Files that belong to a picture and go where it goes.

- XMP: ``a.jpg.xmp`` and ``a.xmp``;
- AAE, the edits of Apple's Photos: ``a.aae``;
- the film of a Live Photo: ``a.mov`` or ``a.mp4`` of ``a.heic`` or ``a.jpg``;
- JSON of a Google takeout: ``a.jpg.json``, ``a.jpg.supplemental-metadata.json`` and what is left of
  that where the name was cut off; ``a.jpg(1).json`` of ``a(1).jpg``; ``a.jpg.json`` also of
  ``a-edited.jpg``.

Camera raw and JPEG of one shot are two pictures, and none is the other's sidecar.
"""

from __future__ import annotations

import bisect
import os
import re
import time

from lookalike.actions.seen import status_of
from lookalike.images.formats.registry import is_candidate

__all__ = ["Folders", "belongs"]

_OF_STEM = (".xmp", ".aae")
_FILMS = (".mov", ".mp4")
_WITH_FILM = (".heic", ".heif", ".jpg", ".jpeg")
_SUPPLEMENT = "supplemental-metadata"
# Letters of a name of Google's takeout before its ".json".
_CUT = 46
_NUMBERED = re.compile(r"(.*)(\(\d{1,4}\))", re.DOTALL)
_EDITED = "-edited"
_FRESH = 5.0  # seconds for which a list of a folder is taken for true


def belongs(sidecar: str, picture: str) -> bool:
    """Whether a file is a sidecar of a picture, by their names; ends count in any letter case."""
    stem, suffix = os.path.splitext(picture)
    low, end = sidecar.lower(), suffix.lower()
    if low.endswith(".xmp") and sidecar[:-4] == picture:
        return True
    own, kind = os.path.splitext(sidecar)
    if own == stem and (kind.lower() in _OF_STEM or (kind.lower() in _FILMS and end in _WITH_FILM)):
        return True
    return low.endswith(".json") and _of_takeout(sidecar[:-5], stem, suffix)


def _of_takeout(name: str, stem: str, suffix: str) -> bool:
    """Whether a takeout's JSON, named without its end, is of a picture."""
    if stem.lower().endswith(_EDITED):
        stem = stem[: -len(_EDITED)]
    found, number = _NUMBERED.fullmatch(stem), ""
    if found is not None and name.endswith(found[2]):
        stem, number = found[1], found[2]
        name = name[: -len(number)]
    picture = stem + suffix
    if name == picture or (len(picture) > _CUT and name == picture[:_CUT]):
        return True
    begin, dot, rest = name.rpartition(".")
    return bool(dot) and begin == picture and _SUPPLEMENT.startswith(rest)


class Folders:
    """Lists of folders, kept for a moment, so that a thousand pictures of one need no thousand."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[float, list[str]]] = {}

    def sidecars(self, path: str) -> list[str]:
        """The sidecars of a picture, by name, that belong to no other picture which is there.

        Args:
            path: of the picture.

        Returns:
            Paths of regular files.
        """
        folder, name = os.path.split(path)
        near = self._near(folder, name)
        others = [other for other in near if other != name and is_candidate(other)]
        found = []
        for sidecar in near:
            if sidecar == name or is_candidate(sidecar) or not belongs(sidecar, name):
                continue
            if any(
                belongs(sidecar, other) and _is_there(os.path.join(folder, other))
                for other in others
            ):
                continue
            if _is_there(os.path.join(folder, sidecar)):
                found.append(os.path.join(folder, sidecar))
        return found

    def shared(self, sidecar: str, path: str) -> bool:
        """Whether a sidecar may be of another picture than this one, which is there, too."""
        folder, name = os.path.split(path)
        own = os.path.basename(sidecar)
        return any(
            other != name and is_candidate(other) and belongs(own, other)
            for other in self._near(folder, name)
        )

    def forget(self, folder: str) -> None:
        """List a folder anew the next time."""
        self._lists.pop(folder, None)

    def _near(self, folder: str, name: str) -> list[str]:
        """The names of a folder that begin as the picture's does: all sidecars are among them."""
        now = time.monotonic()
        known = self._lists.get(folder)
        if known is None or now - known[0] > _FRESH:
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                names = []
            known = self._lists[folder] = (now, names)
        stem = os.path.splitext(name)[0]
        if stem.lower().endswith(_EDITED):
            stem = stem[: -len(_EDITED)]
        found = _NUMBERED.fullmatch(stem)
        begin = (found[1] if found is not None else stem)[:_CUT]
        names, place, near = known[1], bisect.bisect_left(known[1], begin), []
        while place < len(names) and names[place].startswith(begin):
            near.append(names[place])
            place += 1
        return near


def _is_there(path: str) -> bool:
    status = status_of(path)
    return status is not None and os.path.isfile(path) and not os.path.islink(path)
