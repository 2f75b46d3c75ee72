"""What programs that talk for people may ask of a library: nothing here changes anything.

Each answer says what a hit is and how that is known, in words, too: whoever reads it has not seen
the pictures.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from lookalike.errors import LookalikeError, UsageError
from lookalike.fields import plain
from lookalike.library import Filter, Library
from lookalike.library.calibration_cut import cut
from lookalike.library.containing import held
from lookalike.library.duplicating import check_group_kinds
from lookalike.match import Match
from lookalike.matching.edits_words import words

__all__ = ["MEANINGS", "Tools"]

MEANINGS: Final = {
    "same-bytes": "the files are equal, byte for byte",
    "same-pixels": "the files differ, and show the same in every pixel",
    "edited": "one is an edited copy of the other",
    "part": "one shows a part of the other",
    "alike": "they look alike; nothing says that they have anything to do with each other",
}
"""Of the kinds of hits."""

_MOST = 200  # of hits, groups and pictures in one answer


class Tools:
    """The questions; any number of threads may ask.

    Args:
        library: that is asked.
    """

    def __init__(self, library: Library) -> None:
        self._library = library

    def search(
        self, picture: str, k: int, kinds: str | None, under: str | None, everything: bool
    ) -> dict[str, Any]:
        """The library's pictures that are the same as a file, edited copies of it, or alike."""
        only = Filter.parse(under=[] if under is None else [under], kinds=kinds)
        found = self._library.search(_file(picture), _few("k", k), only=only or None)
        shown = found if everything else cut(found)
        return {
            "query": found.query,
            "hits": [_hit(match) for match in shown.hits],
            "left_out_as_no_nearer_than_chance": shown.left_out,
            "exact": shown.exact,
            "searched": found.searched,
        }

    def compare(self, a: str, b: str) -> dict[str, Any]:
        """What two files are to each other, pixel by pixel."""
        found = self._library.compare(_file(a), _file(b)).comparison
        told = plain(found)
        del told["seconds"]
        return {
            **told,
            "meaning": MEANINGS[found.kind],
            "in_words": words(found.edits),
            "how_known": "both files were read in full and compared, pixel by pixel",
        }

    def check(self, pictures: Sequence[str]) -> dict[str, Any]:
        """Which of some files the library has already."""
        if not 1 <= len(pictures) <= _MOST:
            raise UsageError(f"{len(pictures)} pictures: give 1 to {_MOST}")
        # One that isn't there shall not cost the answers about all others.
        files = [_file_or_why(picture) for picture in pictures]
        paths = [file for file in files if isinstance(file, Path)]
        answers: list[dict[str, Any]] = []
        there = 0
        came = held(self._library.search_many, paths) if paths else iter(())
        for picture, path in zip(pictures, files, strict=True):
            found = next(came) if isinstance(path, Path) else path
            if isinstance(found, LookalikeError):
                name = str(path) if isinstance(path, Path) else picture
                answers.append({"picture": name, "error": str(found)})
                continue
            there += found.match is not None
            hit = found.match or found.best
            answers.append(
                {
                    "picture": str(path),
                    "in_library": found.match is not None,
                    "hit": None if hit is None else _hit(hit),
                }
            )
        return {"pictures": answers, "in_library": there}

    def duplicates(self, kinds: str, under: str | None, limit: int) -> dict[str, Any]:
        """Pictures that the library has more than once, in groups around the one to keep."""
        wanted = check_group_kinds([kind.strip() for kind in kinds.split(",")])
        found = self._library.duplicates(
            kinds=wanted,
            only=None if under is None else Filter.parse(under=[under]),
            limit=_few("limit", limit),
        )
        groups = []
        for group in found.groups:
            told = plain(group)
            for member, record in zip(told["members"], group.members, strict=True):
                member["in_words"] = words(record.edits)
            groups.append(told)
        return {
            "groups": groups,
            "groups_beyond_the_limit": found.omitted,
            "bytes_to_free": sum(group.bytes_to_free for group in found.groups),
            "pictures": found.pictures,
            "exact": found.exact,
            "settled": found.settled,
            "how_known": "each member was compared with the picture to keep, pixel by pixel",
        }

    def status(self) -> dict[str, Any]:
        """What the library holds, and which files couldn't be read and why."""
        found = self._library.status()
        return {
            "library": self._library.location,
            "pictures": found.pictures,
            "distinct": found.distinct,
            "missing": found.missing,
            "folders": [
                {"path": one.path, "online": one.online, "pictures": one.pictures, "note": one.note}
                for one in found.folders
            ],
            "codes": [{"name": one.name, "bits": one.bits} for one in found.codes],
            "not_read": [
                {"what": one.title, "files": one.files, "advice": one.advice}
                for one in found.groups
            ],
        }


def _hit(match: Match) -> dict[str, Any]:
    told = plain(match)
    del told["id"]
    how = "only their codes were compared"
    if match.kind in ("same-bytes", "same-pixels"):
        how = "digests of what the files hold are equal"
    elif match.verified:
        how = "small pictures of both were compared, pixel by pixel"
    return {
        **told,
        "meaning": MEANINGS[match.kind],
        "in_words": words(match.edits),
        "how_known": how,
    }


def _file(picture: str) -> Path:
    path = Path(os.path.abspath(os.path.expanduser(picture)))
    if not picture or not path.is_file():
        raise UsageError(f"{picture[:200]!r} is no file: give the path of a picture file")
    return path


def _file_or_why(picture: str) -> Path | UsageError:
    try:
        return _file(picture)
    except UsageError as error:
        return error


def _few(name: str, number: int) -> int:
    if not 1 <= number <= _MOST:
        raise UsageError(f"{name} is 1 to {_MOST}, not {number}")
    return number
