"""Reading single pictures of a library, and all of them page by page."""

from __future__ import annotations

import os

from lookalike.arguments import check_whole
from lookalike.library.arguments import check_flag, check_path
from lookalike.library.filters import Filter, check_filter
from lookalike.library.previews import Previews
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.store import Store
from lookalike.shot import Shot
from lookalike.types import PictureId

__all__ = ["MOST_ON_A_PAGE", "Pictures"]

MOST_ON_A_PAGE = 10_000

# What a store can be asked for; ids begin at 1, and none is this large.
_LEAST_ID, _LARGEST_ID = -(1 << 63), (1 << 63) - 1


class Pictures:
    """The pictures of a library that a search can find; any number of threads may ask."""

    def __init__(self, store: Store, previews: Previews) -> None:
        """For :attr:`lookalike.Library.pictures`."""
        self._store, self._previews = store, previews

    @property
    def uuid(self) -> str:
        """Names the library: 122 random bits that were drawn when it was made."""
        return self._store.stamp().uuid

    def count(self) -> int:
        """How many there are."""
        return self._store.count_pictures()

    def get(self, picture: int) -> PictureInfo | None:
        """The picture of an id; ``None`` if there is none, or its file is missing.

        Raises:
            UsageError: the id is no whole number.
        """
        return self._store.picture(_checked(picture))

    def preview(self, picture: int) -> bytes | None:
        """A small JPEG of a picture, also while its file can't be reached; ``None``: none is kept.

        Raises:
            UsageError: the id is no whole number.
        """
        found = self.get(picture)
        if found is None:
            return None
        key = ContentKey(found.digest, found.member)
        kept = self._previews.get([key]).get(key)
        return None if kept is None else kept[0]

    def shot(self, picture: int, *, with_position: bool = False) -> Shot | None:
        """How a picture was taken, as its file says; ``None`` where it says nothing.

        Args:
            picture: its id.
            with_position: whether to say where, too.

        Raises:
            UsageError: the id is no whole number.
        """
        with_position = check_flag("with_position", with_position)
        known = self.get(picture)
        if known is None:
            return None
        (content,) = self._store.contents([ContentKey(known.digest, known.member)])
        shot = None if content is None else self._store.shots([content]).get(content)
        if shot is None or with_position:
            return shot
        return shot.without_position() or None

    def page(
        self,
        limit: int = 100,
        *,
        after: int | None = None,
        newest: bool = False,
        only: Filter | None = None,
    ) -> list[PictureInfo]:
        """Pictures in the order in which the library came to know them.

        Args:
            limit: pictures at most, 1 to 10,000.
            after: the id of the last picture of the page before; ``None`` for the first page.
            newest: begin with the last one instead.
            only: what they have to be; its kinds say nothing here.

        Raises:
            UsageError: ``limit`` is out of range.
        """
        limit = check_whole("a page's limit", limit, 1, MOST_ON_A_PAGE)
        last = None if after is None else _checked(after)
        return self._store.page(
            limit, after=last, newest=check_flag("newest", newest), only=check_filter(only)
        )

    def holds(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file is one of the library's, be it there now or missing.

        Args:
            path: of the file; also by links of folders that lead there.

        Raises:
            UsageError: no path.
        """
        own = os.path.abspath(check_path("path", path))
        folder, name = os.path.split(own)
        real = os.path.join(os.path.realpath(folder), name)
        candidates = {own, real}
        for known in self._store.folders():
            root = os.path.join(os.path.realpath(known.path), "")
            if real.startswith(root):
                candidates.add(os.path.join(known.path, real[len(root) :]))
        return bool(self._store.known(list(candidates)))

    def copies(self, picture: int) -> list[int]:
        """Ids of the other pictures with the same content, ascending.

        Raises:
            UsageError: the id is no whole number.
        """
        return list(self._store.copies(_checked(picture)))


def _checked(picture: int) -> PictureId:
    return PictureId(check_whole("a picture's id", picture, _LEAST_ID, _LARGEST_ID))
