"""What lookalike has to know of a picture format: the class that every format's file fills in.

To add a format: write ``lookalike/images/formats/NAME.py`` with a subclass of :class:`Format` and
one object of it, ``FORMAT``; add ``"NAME"`` to the list in
:mod:`lookalike.images.formats.registry`; and add a sample to ``tests/images/formats/samples.py``,
which the tests of all formats then run on. Nothing else knows a format by its name: walking,
recognising, decoding, members and the server ask these objects. Only what differs from the
ordinary has to be said; :mod:`lookalike.images.formats.bmp` is about the least.

A format's module is imported by everything that asks for suffixes, and at the start of each
decoding process. So it imports its reader in :meth:`Format.load` and :meth:`Format.open` only, and
Pillow or NumPy never at its top.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.pixel_limit import check_pixels
from lookalike.images.reasons import one_line, what
from lookalike.types import Limits

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["MOST_MEMBERS", "Format", "Opened", "frames"]

MOST_MEMBERS = 10_000
"""Members of one file that are counted; pictures after these are passed over. Five minutes of a
film at 30 frames a second; a header that claims more costs no more time than that."""


class Opened(NamedTuple):
    """A file whose header was read; nothing is decoded yet.

    Attributes:
        image: as its reader gives it, at its first picture.
        format: of the image, which differs from the file's where that embeds another's.
        name: of the file's format, as Pillow has it.
        label: what the file is called in messages.
        size: width and height after orientation, where they aren't the image's own.
        orientation: as EXIF counts (1 to 8), for an image that states none.
    """

    image: Image.Image
    format: Format
    name: str
    label: str
    size: tuple[int, int] | None = None
    orientation: int = 1


class Format:
    """One picture format.

    Attributes:
        name: Pillow's name of it, such as ``JPEG``; an own one where Pillow has none.
        also: other names that Pillow may give to such a file after opening it.
        suffixes: of such files' names, lower case with the dot; no two formats share one.
        signatures: first bytes, any of which tell the format (see :meth:`recognises`).
        reader: module of the reader that :meth:`load` imports.
        media_type: as registered with IANA where it is.
        shown: whether browsers show it, so that the server may hand it out to be shown.
        member_kind: ``page`` or ``frame``, where a file may hold several pictures; else empty.
            Frames are reached one after the other, each composed over those before it.
    """

    name: str
    also: tuple[str, ...] = ()
    suffixes: frozenset[str]
    signatures: tuple[bytes, ...] = ()
    reader: str = ""
    media_type: str
    shown: bool = False
    member_kind: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names that :attr:`lookalike.types.Decoded.format` has for files of this format."""
        return (self.name, *self.also)

    def recognises(self, data: bytes, suffix: str) -> bool:
        """Whether a file is of this format; at most one format may say so.

        Args:
            data: the file, or at least its first 64 bytes.
            suffix: of its name, lower case with the dot, or empty. Bytes decide; a suffix may
                only choose between formats whose bytes are alike.
        """
        # Files of the ISO base media kind are told by their brands alone.
        return data.startswith(self.signatures) and data[4:8] != b"ftyp"

    def load(self) -> None:
        """Import what reads the format, and nothing else.

        Raises:
            ImportError: this build has no reader for it.
        """
        importlib.import_module(self.reader)

    def early_size(self, data: bytes) -> tuple[int, int] | None:
        """Width and height before opening, for a reader that allocates memory when it opens."""
        return None

    def check(self, data: bytes) -> None:
        """Look for damage that the reader overlooks; called after opening.

        Raises:
            PictureFailed: the file is damaged.
        """

    def open(self, data: bytes, limits: Limits) -> Opened:
        """Read the header, and check what can be checked before decoding.

        Raises:
            PictureSkipped: more pixels than the limit, or no reader is installed.
            PictureFailed: the header is damaged, or :meth:`check` says so.
        """
        from io import BytesIO

        from PIL import Image, UnidentifiedImageError

        name = self.name
        if size := self.early_size(data):
            check_pixels(*size, limits)
        try:
            self.load()
        except ImportError as error:
            raise PictureSkipped(
                f"this installation can't read {name}: {one_line(str(error))}"
            ) from error
        try:
            # Told one format only, so that none of Pillow's other readers ever sees the file.
            image = Image.open(BytesIO(data), formats=[name])
        except UnidentifiedImageError as error:
            raise PictureFailed(f"damaged {name}: its header can't be read") from error
        except Image.DecompressionBombError as error:  # only where Pillow's own limit is lower
            raise PictureSkipped(one_line(str(error))) from error
        except MemoryError as error:
            raise PictureFailed(f"{name}: out of memory while reading its header") from error
        except Exception as error:
            raise PictureFailed(f"damaged {name}: {what(error)}") from error
        check_pixels(image.width, image.height, limits)
        self.check(data)
        return Opened(image, self, image.format or name, name)

    def members(self, image: Image.Image, data: bytes) -> Sequence[int]:
        """The reader's numbers of the pictures in the file; that of the first at the front.

        Nothing may be decoded for it. At most :data:`MOST_MEMBERS` are given.

        Args:
            image: as :meth:`open` gave it.
            data: the file.
        """
        return (0,)

    def seek(self, image: Image.Image, place: int, limits: Limits) -> None:
        """Go to one of the numbers that :meth:`members` gave, from the first picture.

        Raises:
            PictureSkipped: a picture on the way has more pixels than the limit.
            Exception: whatever the reader raises at damage.
        """
        steps = range(image.tell() + 1, place + 1) if self.member_kind == "frame" else (place,)
        for step in steps:
            image.seek(step)
            check_pixels(image.width, image.height, limits)

    def reduce(self, image: Image.Image, least: tuple[int, int]) -> None:
        """Have the picture decoded at a smaller size, where the reader can do that.

        Args:
            image: opened; its size changes.
            least: width and height that it must not fall below.
        """

    def extra_bytes(self, image: Image.Image, full: tuple[int, int]) -> int:
        """Memory that decoding takes beside the pixels, in bytes.

        Args:
            image: opened, and reduced.
            full: its width and height before it was reduced.
        """
        return 0


def frames(image: Image.Image) -> range:
    """As :meth:`Format.members`, by the reader's own count; one where that can't be read."""
    try:
        count = int(getattr(image, "n_frames", 1))
    except Exception:  # readers raise much, and the first picture may be whole all the same
        count = 1
    return range(min(max(count, 1), MOST_MEMBERS))
