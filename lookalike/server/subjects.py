"""What a request is about: a picture of the library, or one that a client sent before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lookalike.errors import UsageError
from lookalike.library import PictureInfo
from lookalike.library.asked import Asked
from lookalike.library.regions import check_part
from lookalike.server.answers import ApiError
from lookalike.server.context import Context
from lookalike.server.endpoints import Arguments
from lookalike.server.queries import Query
from lookalike.server.shelf import Volume
from lookalike.types import Part

__all__ = ["Subject", "part_of", "picture_of", "subject_of", "subjects_of"]

_MOST = 20  # ids in one parameter


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A picture that a request is about.

    Attributes:
        id: that the request gave.
        picture: of the library; ``None`` where it is a query.
        query: that was sent; ``None`` where it is a picture of the library.
    """

    id: str
    picture: PictureInfo | None
    query: Query | None

    def asked(self, volume: Volume, part: Part | None = None, *, look: bool = True) -> Asked:
        """It, or a part of it, made ready to search with."""
        if self.query is not None:
            # Made anew if the library has other codes by now.
            self.query.asked = volume.library.asked(self.query.asked)
            return volume.library.asked(self.query.asked, part=part, look=look)
        assert self.picture is not None
        return volume.library.asked(self.picture.id, part=part, look=look)

    @property
    def name(self) -> str:
        """What it is called."""
        if self.query is not None:
            return self.query.upload.name or "upload"
        assert self.picture is not None
        return self.picture.path


def picture_of(volume: Volume, sealed: str) -> PictureInfo:
    """The library's picture of an id.

    Raises:
        ApiError: there is none.
    """
    number = volume.ids.number(sealed)
    found = None if number is None else volume.library.pictures.get(number)
    if found is None:
        raise ApiError(404, "no_such_picture", "the library has no picture with this id")
    return found


def subject_of(context: Context, volume: Volume, given: str) -> Subject:
    """The picture or the query of an id.

    Raises:
        ApiError: there is none.
    """
    query = context.queries.find(given)
    if query is not None:
        return Subject(given, None, query)
    number = volume.ids.number(given)
    if number is None:
        raise ApiError(
            404,
            "no_such_picture",
            "neither the library has a picture with this id, nor is a query with it kept",
        )
    return Subject(given, picture_of(volume, given), None)


def subjects_of(context: Context, volume: Volume, given: str | None) -> Sequence[Subject]:
    """The pictures and queries of ids with commas between them.

    Raises:
        ApiError: there is one that isn't there, or too many.
    """
    named = [] if not given else given.split(",")
    if len(named) > _MOST:
        raise ApiError(400, "bad_parameter", f"{len(named)} ids at once: give at most {_MOST}")
    return [subject_of(context, volume, one) for one in named]


def part_of(arguments: Arguments) -> Part | None:
    """The part that a request asks for.

    Raises:
        ApiError: it can't be understood.
    """
    given = arguments["part"]
    if given is None:
        return None
    try:
        return check_part([float(share) for share in given.split(",")])
    except (UsageError, ValueError) as error:
        raise ApiError(
            400,
            "bad_parameter",
            "part is left,top,right,bottom as shares of the sides, such as 0.1,0,0.5,1, not"
            f" {given[:60]!r}",
        ) from error
