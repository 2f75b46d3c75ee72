"""Frames of an animation laid over those before them, as browsers do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image

__all__ = ["Animation", "Frame"]

_CLEAR = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, not decoded yet.

    Attributes:
        left: where it lies, in pixels.
        top: likewise.
        width: of the frame itself.
        height: likewise.
        after: what becomes of its place before the next one: it stays, is cleared, or is as it was
            before.
        over: whether it is laid over what is there, or put in its place with its own transparency.
        read: decodes it; what is above a limit it refuses.
    """

    left: int
    top: int
    width: int
    height: int
    after: Literal["keep", "clear", "restore"]
    over: bool
    read: Callable[[], Image.Image]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height


class Animation(Image.Image):
    """A picture of Pillow's kind, RGBA, that goes from frame to frame.

    The ground is clear, whatever colour the file names for it: browsers don't use that either.
    What lies outside of the canvas isn't shown. Nothing is decoded before :meth:`load`.
    """

    def __init__(
        self,
        size: tuple[int, int],
        frames: Sequence[Frame],
        info: dict[str | tuple[int, int], Any],
        name: str,
    ) -> None:
        """Set up the canvas.

        Args:
            size: width and height of the canvas.
            frames: one at least.
            info: as Pillow's pictures have it: profile, EXIF.
            name: Pillow's, of the format.
        """
        super().__init__()
        self._mode, self._size, self.info = "RGBA", size, info
        self.format = name
        self.n_frames = len(frames)
        self._frames = frames
        self._wanted, self._done = 0, -1
        self._canvas, self._next = Image.new("RGBA", (1, 1)), Image.new("RGBA", (1, 1))

    def tell(self) -> int:
        """The frame that :meth:`load` gives, from 0 on."""
        return self._wanted

    def seek(self, frame: int) -> None:
        """Go to a frame.

        Raises:
            EOFError: there is none of this number.
        """
        if not 0 <= frame < self.n_frames:
            raise EOFError(f"no frame {frame} in an animation of {self.n_frames}")
        if frame != self._wanted:
            self._wanted, self._im = frame, None

    def load(self) -> Any:
        """Decode the frame, and those before it that weren't yet."""
        if self._im is None:
            if self._done > self._wanted:
                self._done = -1
            while self._done < self._wanted:
                self._step()
            self.im = self._canvas.im
        return super().load()

    def _step(self) -> None:
        """Lay the next frame over the canvas."""
        if self._done < 0:
            self._next = Image.new("RGBA", self._size, _CLEAR)
        frame = self._frames[self._done + 1]
        before, canvas = self._next, self._next.copy()
        made = frame.read().convert("RGBA")
        if frame.over:
            # What lies beyond the canvas is cut off: the place would be refused.
            width = min(frame.width, self._size[0] - frame.left)
            height = min(frame.height, self._size[1] - frame.top)
            if width > 0 and height > 0:
                seen = made.crop((0, 0, width, height))
                canvas.alpha_composite(seen, (frame.left, frame.top))
        else:
            canvas.paste(made, (frame.left, frame.top))
        if frame.after == "restore":
            self._next = before
        elif frame.after == "clear":
            self._next = canvas.copy()
            self._next.paste(_CLEAR, frame.box)
        else:
            self._next = canvas
        self._canvas = canvas
        self._done += 1
