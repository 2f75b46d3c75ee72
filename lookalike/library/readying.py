"""Pictures made ready to be asked with: a part of what a library can be asked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lookalike.arguments import check_whole
from lookalike.errors import UsageError
from lookalike.library.arguments import check_callback, check_flag, check_stop

if TYPE_CHECKING:
    from lookalike.library.asked import Asked
    from lookalike.library.asking import Asking, Picture
    from lookalike.library.laying import Layout, OnSteps
    from lookalike.library.pictures import Pictures
    from lookalike.types import Part

__all__ = ["Readying"]


class Readying:
    """A part of :class:`~lookalike.library.reading.Reading`."""

    if TYPE_CHECKING:

        @property
        def pictures(self) -> Pictures:
            """See :class:`~lookalike.library.reading.Reading`, as for all that follow."""

        def _asking(self) -> Asking:
            """Gives what answers."""

    def asked(
        self,
        picture: Picture | Asked | int,
        *,
        name: str | None = None,
        part: Part | None = None,
        look: bool = True,
    ) -> Asked:
        """A picture made ready to be searched for, as often as one likes.

        A picture of the library, given by its id, is asked with what the library keeps of it: its
        codes and its preview. Its file is neither read nor decoded, and need not be there; but for
        a part, which is cut out of the file where that can be reached.

        Args:
            picture: as for :meth:`search`; or the id of one of the library's; or what was made
                ready before, to ask a part of it.
            name: as for :meth:`search`.
            part: likewise.
            look: whether its hits are compared with it, pixel by pixel. Without, a search is many
                times faster, and tells what the codes say: no edits, and nothing is verified.

        Raises:
            PictureError: the picture can't be read.
            UsageError: the library has no picture of this id, or ``part`` is out of range.
        """
        look = check_flag("look", look)
        if not isinstance(picture, int):
            return self._asking().asked(picture, name, part, look=look)
        known = self.pictures.get(picture)
        if known is None:
            raise UsageError(f"there is no picture {picture} in the library")
        return self._asking().known(known, part, look=look)

    def layout(
        self,
        *,
        seed: int = 0,
        progress: OnSteps | None = None,
        stop: threading.Event | None = None,
    ) -> Layout | None:
        """All pictures laid out in the plane: what looks alike is near.

        Args:
            seed: of what is drawn at random; the same library gets the same layout.
            progress: called now and then with the stage, steps done and steps in all.
            stop: set it, from any thread, to end early.

        Returns:
            Ids of pictures, ascending, and the place of each, 0 to 65,535 to the right and
            downwards: int64 (n,) and uint16 (n, 2). ``None`` if it was stopped.

        Raises:
            LibraryError: the library has no codes.
        """
        check_callback("progress", progress)
        check_stop(stop)
        return self._asking().layout(check_whole("seed", seed, 0, 2**32 - 1), progress, stop)
