"""Whether a library has a picture already: by what its hits are, and not by how near they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, get_args

from lookalike.errors import PictureError, UsageError
from lookalike.library.given import check_several
from lookalike.library.reports import SearchResult
from lookalike.road import Picture
from lookalike.types import Kind, Match

__all__ = ["COPIES", "Containing", "Held", "SearchMany", "check_kinds", "held"]

COPIES: tuple[Kind, ...] = ("same-bytes", "same-pixels", "edited")
"""The kinds of a hit that is the whole of a picture: what counts as having it."""

SearchMany: TypeAlias = Callable[[Iterable[Picture], int], Iterator[SearchResult | PictureError]]

_FIRST = 10  # hits that are asked for
_MORE = 8  # times as many are asked for where all of those are better kinds than those that count
_MOST = 10_000
_ORDER: dict[str, int] = {kind: place for place, kind in enumerate(get_args(Kind))}


class Held(NamedTuple):
    """What a library has of a picture.

    Attributes:
        match: the best hit of a kind that counts; ``None`` if the picture isn't in the library.
        best: the best hit of any kind; ``None`` in an empty library.
    """

    match: Match | None
    best: Match | None


def held(
    search_many: SearchMany, pictures: Iterable[Picture], kinds: Iterable[Kind] = COPIES
) -> Iterator[Held | PictureError]:
    """For each picture what the library has of it, in their order.

    Args:
        search_many: of the library.
        pictures: to look for.
        kinds: that count.

    Raises:
        UsageError: no such kinds, at once; and as ``search_many``.
    """
    wanted = check_kinds(kinds)
    check_several("contains_many", pictures)
    asked: deque[Picture] = deque()

    def noted() -> Iterator[Picture]:
        for picture in pictures:
            asked.append(picture)
            yield picture

    # Not a generator itself, so that what is wrong is said at once.
    answers = search_many(noted(), _FIRST)
    return (_held(search_many, asked.popleft(), found, wanted) for found in answers)


def _held(
    search_many: SearchMany, picture: Picture, found: SearchResult | PictureError, wanted: set[Kind]
) -> Held | PictureError:
    last, k = max(_ORDER[kind] for kind in wanted), _FIRST
    while not isinstance(found, PictureError):
        match = next((hit for hit in found.hits if hit.kind in wanted), None)
        full = len(found.hits) >= k and _ORDER[found.hits[-1].kind] <= last
        if match is not None or not full or k >= _MOST:
            return Held(match, found.hits[0] if found.hits else None)
        k = min(_MORE * k, _MOST)
        (found,) = search_many([picture], k)
    return found


def check_kinds(kinds: Any) -> set[Kind]:
    """Kinds that count as having a picture.

    Raises:
        UsageError: none, or other words than those of the kinds.
    """
    if isinstance(kinds, str | bytes) or not isinstance(kinds, Iterable):
        raise UsageError(f"kinds are a list such as ['same-bytes', 'edited'], not {kinds!r}")
    try:
        given = list(kinds)
    except TypeError as error:  # some call themselves iterable and aren't
        raise UsageError(f"kinds are a list of words, not {kinds!r}") from error
    can_count = [kind for kind in get_args(Kind) if kind != "alike"]
    for kind in given:
        if not isinstance(kind, str) or kind not in can_count:
            raise UsageError(f"a kind that counts is {', '.join(can_count)}, not {kind!r}")
    if not given:
        raise UsageError(f"no kind counts: give some of {', '.join(can_count)}")
    return set(given)


class Containing:
    """A part of :class:`~lookalike.library.reading.Reading`: is a picture there already?"""

    if TYPE_CHECKING:

        def search_many(
            self, pictures: Iterable[Picture], k: int = 10
        ) -> Iterator[SearchResult | PictureError]:
            """See :class:`~lookalike.library.reading.Reading`."""

    def contains(
        self, picture: Picture, *, kinds: Iterable[Kind] = COPIES, name: str | None = None
    ) -> Match | None:
        """Whether the library has a picture already.

        Args:
            picture: as for :meth:`search`.
            kinds: of a hit that count as having it: some of ``same-bytes``, ``same-pixels``,
                ``edited`` and ``part``. All but ``part`` by default.
            name: as for :meth:`search`.

        Returns:
            The best hit of such a kind; ``None`` if the picture isn't in the library.

        Raises:
            PictureError: the picture can't be read.
            UsageError: no such kinds.
        """
        from lookalike.library.given import named

        (found,) = self.contains_many([named(picture, name)], kinds=kinds)
        if isinstance(found, PictureError):
            raise found
        return found

    def contains_many(
        self, pictures: Iterable[Picture], *, kinds: Iterable[Kind] = COPIES
    ) -> Iterator[Match | PictureError | None]:
        """The same for many pictures, in their order, and sooner than one by one.

        Args:
            pictures: as for :meth:`search_many`.
            kinds: as for :meth:`contains`.

        Returns:
            For each picture the best hit of such a kind, ``None`` if it isn't in the library, or
            the error of one that can't be read.

        Raises:
            UsageError, LibraryError: as :meth:`search_many`; or no such kinds.
        """
        found = held(self.search_many, pictures, kinds)
        return (one if isinstance(one, PictureError) else one.match for one in found)
