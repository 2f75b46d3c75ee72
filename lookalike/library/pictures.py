"""Reading single pictures of a library, and all of them page by page."""

from __future__ import annotations

import os
from collections.abc import Iterable

from lookalike.arguments import check_whole
from lookalike.errors import UsageError
from lookalike.library.arguments import check_flag, check_path
from lookalike.library.filters import Filter, check_filter
from lookalike.library.list_store import ORDERS, Order
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

    def shots(self, pictures: Iterable[PictureInfo]) -> dict[int, Shot]:
        """How pictures were taken, by their ids; those whose files say nothing are left out.

        Where they were taken is not said.

        Args:
            pictures: of this library.
        """
        given = list(pictures)
        contents = self._store.contents([ContentKey(one.digest, one.member) for one in given])
        shots = self._store.shots([content for content in contents if content is not None])
        return {
            one.id: shots[content].without_position()
            for one, content in zip(given, contents, strict=True)
            if content in shots
        }

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

    def ordered(self, by: Order = "oldest", *, only: Filter | None = None) -> list[int]:
        """The ids of all pictures, in an order.

        Args:
            by: ``oldest`` or ``newest`` in the library first; ``taken``, ``path`` or ``size`` of
                the file, or the same backwards, such as ``-taken``. Pictures of which nobody knows
                when they were taken come last.
            only: what they have to be; its kinds say nothing here.

        Raises:
            UsageError: there is no such order.
        """
        if by not in ORDERS:
            raise UsageError(f"an order is one of {', '.join(ORDERS)}, not {by!r}")
        found: list[int] = self._store.ordered(by, check_filter(only)).tolist()
        return found

    def many(self, pictures: Iterable[int]) -> list[PictureInfo]:
        """The pictures of some ids, in their order; those that aren't there are left out.

        Raises:
            UsageError: an id is no whole number.
        """
        wanted = [_checked(picture) for picture in pictures]
        found = self._store.pictures(wanted)
        return [found[picture] for picture in wanted if picture in found]

    def months(self, *, only: Filter | None = None) -> list[tuple[str | None, int]]:
        """How many pictures were taken in each month, such as ``2019-06``; the last month first.

        Those of which nobody knows come at the end, as ``None``.

        Args:
            only: which pictures are counted; its kinds say nothing here.
        """
        return self._store.months(check_filter(only))

    def folders(self, *, only: Filter | None = None) -> dict[str, int]:
        """How many pictures each folder holds by itself, without those below it; by path.

        Args:
            only: which pictures are counted; its kinds say nothing here.
        """
        found = self._store.directories(check_filter(only))
        return dict(sorted(found.items(), key=lambda entry: os.fsencode(entry[0])))

    def holds(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file is one of the library's, be it there now or missing.

        Args:
            path: of the file; also by links of folders that lead there.

        Raises:
            UsageError: no path.
        """
        return bool(self._store.known(self._names(path)))

    def find(self, path: str | os.PathLike[str]) -> PictureInfo | None:
        """The first picture of a file; ``None`` if it isn't one of the library's, or is missing.

        Args:
            path: as for :meth:`holds`.

        Raises:
            UsageError: no path.
        """
        for file in self._store.known(self._names(path)).values():
            content = file.members[0].content
            for picture in self._store.pictures_of([content])[content]:
                if picture.path == file.path and not picture.member:
                    return picture
        return None

    def _names(self, path: str | os.PathLike[str]) -> list[str]:
        """What a library may call a file: by its own path, and by those of its folders."""
        own = os.path.abspath(check_path("path", path))
        folder, name = os.path.split(own)
        real = os.path.join(os.path.realpath(folder), name)
        candidates = {own, real}
        for known in self._store.folders():
            root = os.path.join(os.path.realpath(known.path), "")
            if real.startswith(root):
                candidates.add(os.path.join(known.path, real[len(root) :]))
        return list(candidates)

    def copies(self, picture: int) -> list[int]:
        """Ids of the other pictures with the same content, ascending.

        Raises:
            UsageError: the id is no whole number.
        """
        return list(self._store.copies(_checked(picture)))


def _checked(picture: int) -> PictureId:
    return PictureId(check_whole("a picture's id", picture, _LEAST_ID, _LARGEST_ID))
