"""What lookalike knows of one picture format, all in one place.

To add a format: write a file beside this one with a class that derives from :class:`Format` and one
instance of it named ``FORMAT``; name the file in ``formats/registry.py``, where a list says what
there is (a test notices a file that isn't on it); and name a sample in ``tests/pictures.py``, which
the tests of all formats then run on. Suffixes, recognition by first bytes, decoding, pages or
frames, and what the server may show follow from it. Only what is out of the ordinary has to be
said: ``jpeg2000.py`` says the least.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import ClassVar, Literal

from PIL import Image, UnidentifiedImageError

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.formats.limits import check_pixels, damage
from lookalike.images.reasons import cause_of, one_line
from lookalike.images.sameness import Samples
from lookalike.types import Limits

__all__ = ["MOST_MEMBERS", "Format", "Opened", "reason_of"]

MOST_MEMBERS = 10_000
"""Pictures of one file that are counted; those behind are passed over, whatever a header claims.
That is five minutes of an animation at 30 frames a second."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture whose header was read; nothing is decoded yet.

    Attributes:
        image: Pillow's; of what Pillow can't decode, at least its width and height.
        name: of the format, as a library keeps it.
        size: width and height of what the picture shows, upright, where the image is a smaller
            version of it; else ``None``.
        orientation: as EXIF counts (1 to 8), for an image that states none itself.
        load: decodes, where that isn't done by Pillow's reader of :attr:`image`; its picture may
            have another size than the image.
        needs: bytes of memory that decoding takes, roughly, where :attr:`load` does it.
        loss: what of the file is lost, in a few words, though its picture can be shown; empty where
            nothing is known to be.
        whole: whether all of the picture is there all the same: what is lost stands beside it.
    """

    image: Image.Image
    name: str
    size: tuple[int, int] | None = None
    orientation: int = 1
    load: Callable[[], Image.Image] | None = None
    needs: int = 0
    loss: str = ""
    whole: bool = False


class Format:
    """One format. A file of it is told by its first bytes; its suffix only makes it a candidate.

    Attributes:
        name: Pillow's name of the format.
        also: other names that Pillow may give to an opened file.
        label: as messages call it.
        suffixes: of file names, lower case with their dot.
        signatures: first bytes, any of which tell the format.
        reader: the module that brings Pillow's reader.
        media_type: what browsers show it as; ``None`` where they don't.
        members: what the further pictures of a file are called; ``None`` where there are none, or
            only the first counts. Frames are reached one after the other, each laid over those
            before it; pages at once.
    """

    name: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()
    label: ClassVar[str] = ""
    suffixes: ClassVar[tuple[str, ...]]
    signatures: ClassVar[tuple[bytes, ...]] = ()
    reader: ClassVar[str] = ""
    media_type: ClassVar[str | None] = None
    members: ClassVar[Literal["page", "frame"] | None] = None

    def recognises(self, data: bytes, suffix: str) -> bool:
        """Whether a file is of this format, and of no other: by default, by its signature.

        Args:
            data: the file, or at least its first 64 bytes (4 KiB for camera raw without a suffix).
            suffix: of the file's name, lower case with its dot; helps only with camera raw.
        """
        # What has brands is told by them alone.
        return data.startswith(self.signatures) and data[4:8] != b"ftyp"

    def load_reader(self) -> None:
        """Import what reads the format, and nothing else.

        Raises:
            ImportError: this build has no reader for it.
        """
        importlib.import_module(self.reader)

    def open(self, data: bytes, limits: Limits) -> Opened:
        """Read a file's header. Pillow is told this one format, so no other reader sees the file.

        Raises:
            PictureSkipped: no reader for it, or more pixels than the limit.
            PictureFailed: damaged, or more memory needed than there is.
        """
        self.check_before(data, limits)
        try:
            self.load_reader()
        except ImportError as error:
            raise PictureSkipped(
                f"this installation can't read {self.name}: {one_line(str(error))}",
                cause="memory" if cause_of(error) == "memory" else "extra",
            ) from error
        try:
            image = Image.open(BytesIO(data), formats=[self.name])
        except UnidentifiedImageError as error:
            reason = f"damaged {self.name}: its header can't be read"
            raise damage(reason, error, self.stated_size(data), limits) from error
        except Image.DecompressionBombError as error:  # only where Pillow's own limit is lower
            raise PictureSkipped(one_line(str(error)), cause="limit") from error
        except Exception as error:
            if cause_of(error) == "memory":
                raise PictureFailed(
                    f"{self.name}: out of memory while reading its header", cause="memory"
                ) from error
            reason = f"damaged {self.name}: {reason_of(error)}"
            raise damage(reason, error, self.stated_size(data), limits) from error
        check_pixels(image.width, image.height, limits)
        self.check_after(data)
        return Opened(image, image.format or self.name)

    def stated_size(self, data: bytes) -> tuple[int, int] | None:
        """Width and height, where they can be told before the reader sees the file."""
        return None

    def check_before(self, data: bytes, limits: Limits) -> None:
        """Refuse a file before its reader sees it."""

    def check_after(self, data: bytes) -> None:
        """Refuse a file whose header could be read."""

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """The picture as its decoder makes it smaller at once, or as the file holds it smaller.

        What shows anything else than the picture itself is no smaller version of it. A format may
        change the image that was opened, or give another, with :attr:`Opened.size`.

        Args:
            opened: as :meth:`open` gave it, gone to the picture that is wanted.
            data: the file.
            least: width and height that it has to have at least, as the image lies in the file.
            limits: to keep to.
        """
        return opened

    def salvage(self, opened: Opened, data: bytes, limits: Limits, error: Exception) -> Opened:
        """What can be shown of a picture that couldn't be decoded, with :attr:`Opened.loss`.

        By default nothing. It is asked only for the picture that :meth:`open` gave.

        Args:
            opened: that failed.
            data: the file.
            limits: to keep to.
            error: as decoding raised it.

        Raises:
            Exception: ``error`` itself, or a better reason.
        """
        raise error

    def extra_bytes(self, image: Image.Image, full: tuple[int, int]) -> int:
        """Memory that decoding takes beside the pixels.

        Args:
            image: opened, and reduced.
            full: its width and height before it was reduced.
        """
        return 0

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """The numbers by which Pillow's reader knows the pictures of a file, the first one first.

        A file that lies about them has only its first. Nothing is decoded, and at most
        :data:`MOST_MEMBERS` are given.

        Args:
            image: as :meth:`open` gave it.
            data: the file.
        """
        if self.members is None:
            return [0]
        try:
            count = int(getattr(image, "n_frames", 1))
        except Exception:  # damaged behind the first picture: that one may be sound
            count = 1
        return list(range(min(max(count, 1), MOST_MEMBERS)))

    def seek(self, image: Image.Image, frame: int, limits: Limits) -> None:
        """Go to one of the pictures that :meth:`frames` gave, from the first one.

        Raises:
            PictureSkipped: a picture on the way, which has to be decoded, is above the limit.
            Exception: whatever the reader raises at damage.
        """
        for step in range(1, frame + 1) if self.members == "frame" else (frame,):
            self.step(image, step, limits)

    # What the promise of the same pixels rests on: see lookalike.images.sameness.

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Whether the decoded image, at full size, has all that the file holds of this picture.

        Not where a reader cuts samples to 8 bits, drops channels, or multiplies by transparency;
        nor where the file shows something that its reader doesn't know of. ``False`` by default,
        which only costs: such pictures are never said to have the same pixels as others, unless
        :meth:`samples` reads them.

        Args:
            image: opened, and gone to a picture; it may be decoded.
            data: the file.
        """
        return False

    def meaning(self, image: Image.Image, data: bytes) -> bytes:
        """How the numbers of :meth:`is_exact` pictures become colours, beside their ICC profile.

        Empty where nothing is said but what holds without it; else as ``Samples.meaning``.
        """
        return b""

    def everything(self, image: Image.Image, data: bytes) -> list[int]:
        """As :meth:`frames`, with the pictures that get no codes of their own.

        All that some viewer could show; no smaller versions and no masks.
        """
        return self.frames(image, data)

    def samples(
        self, opened: Opened, data: bytes, frames: Sequence[int], limits: Limits
    ) -> Iterator[Samples | Image.Image | None]:
        """All samples of pictures of a file, none of them changed, one picture after the other.

        Whoever overrides it reads what :meth:`is_exact` says ``False`` of. The arrays may be views;
        they are used before the next picture is asked for, so that one is held at a time.

        Args:
            opened: as :meth:`open` gave it; nothing else is done with it afterwards.
            data: the file.
            frames: numbers that :meth:`everything` gave, in its order: all, or one of them.
            limits: to keep to.

        Yields:
            For each frame its samples: an image of Pillow's, decoded and :meth:`is_exact`, not
            upright yet; or :class:`~lookalike.images.sameness.Samples`; ``None`` where no reader
            that is installed can give them.

        Raises:
            Exception: whatever readers raise at damage; no digest is made of the file then.
        """
        image, at = opened.image, opened.image.tell()
        for frame in frames:
            if frame != at:
                steps = range(at + 1, frame + 1) if self.members == "frame" else (frame,)
                for step in steps:
                    self.step(image, step, limits)
                at = frame
            if not self.is_exact(image, data):
                yield None
                continue
            if opened.load is None:
                image.load()
                yield image
            else:
                yield opened.load()

    def step(self, image: Image.Image, frame: int, limits: Limits) -> None:
        """Go to the next frame, or to a page."""
        image.seek(frame)
        check_pixels(image.width, image.height, limits)


def reason_of(error: Exception) -> str:
    """What a reader raised, in one line."""
    return one_line(str(error)) or type(error).__name__
