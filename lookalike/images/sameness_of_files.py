"""The exact digest of a picture file: where its codes' decoding gives it, and at full cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.formats.format import MOST_MEMBERS
from lookalike.images.formats.limits import check_pixels
from lookalike.images.formats.registry import format_of
from lookalike.images.members import member_kind, member_number
from lookalike.images.orientation import orientation_of
from lookalike.images.reasons import show_bytes
from lookalike.images.sameness import Samples, file_digest, from_pillow
from lookalike.types import Limits

if TYPE_CHECKING:
    from lookalike.images.formats.format import Format, Opened

__all__ = ["Shown", "exact_digest", "free_digest"]

_PIXEL_BYTES = 16  # that reading a picture and hashing it takes, of the widest samples
_SHARE = 0.8  # of the seconds that are allowed, after which no further picture is begun


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture of a file, decoded for its codes.

    Attributes:
        kind: its format.
        opened: as it was decoded.
        exact: Pillow's image, at full size, where it has all that the file shows; else ``None``.
        frame: as a viewer shows it, grey or RGB, upright.
        orientation: that the file states.
        size: width and height at full size, upright.
        profile: ICC; applied to nothing yet.
        mode: Pillow's, before it was made grey or RGB.
        members: how many pictures the file holds, where they were counted.
    """

    kind: Format
    opened: Opened
    exact: Image.Image | None
    frame: Image.Image
    orientation: int
    size: tuple[int, int]
    profile: bytes | None
    mode: str
    members: int | None


def free_digest(shown: Shown, data: bytes) -> bytes | None:
    """The exact digest of a file, where it is had without decoding anything again.

    Args:
        shown: what was decoded.
        data: the file.

    Returns:
        ``None`` where a short cut was taken, or the file holds more.
    """
    opened, image, frame = shown.opened, shown.exact, shown.frame
    if image is None or opened.size is not None or (opened.loss and not opened.whole):
        return None
    more = shown.kind.meaning(image, data)
    if image.mode == frame.mode and not image.has_transparency_data:
        made = from_pillow(frame, 1, more)  # upright already
    else:
        made = from_pillow(image, shown.orientation, more)
    return None if made is None else file_digest([made])


def exact_digest(
    data: bytes,
    limits: Limits,
    *,
    suffix: str = "",
    member: str = "",
    permit: Callable[[int], None] | None = None,
) -> bytes | None:
    """The digest of all that a file shows, or one of its later pictures, by decoding it in full.

    Args:
        data: the file.
        limits: to keep to; after four fifths of the seconds no further picture is begun.
        suffix: of the file's name, lower case with its dot; helps only with camera raw.
        member: which picture; of the first one it is all of them.
        permit: called with an estimate of the bytes that decoding takes, before it begins.

    Returns:
        32 bytes; ``None`` where it can't be told: camera raw, samples that no reader gives in full,
        a file with a loss, one with more pictures or work than the limits allow.

    Raises:
        PictureError: not a picture, or beyond a limit.
        Exception: whatever a reader raises at damage.
    """
    until = time.monotonic() + _SHARE * limits.seconds
    number = member_number(member)
    kind = format_of(data, suffix)
    if kind is None:
        raise PictureSkipped(f"not a picture: starts with {show_bytes(data)}")
    opened = kind.open(data, limits)
    image = opened.image
    check_pixels(image.width, image.height, limits)
    if number == 1:
        frames = kind.everything(image, data)
    else:
        frames = kind.frames(image, data)[number - 1 : number]
        if not frames or member_kind(member) != kind.members:
            raise PictureFailed(f"there is no {member}")
    lost = opened.loss and not opened.whole
    if opened.size is not None or lost or len(frames) >= MOST_MEMBERS:
        return None
    if permit is not None:
        permit(image.width * image.height * _PIXEL_BYTES + kind.extra_bytes(image, image.size))
    made: list[bytes] = []
    for shown in kind.samples(opened, data, frames, limits):
        if isinstance(shown, Samples):
            digest: bytes | None = shown.digest()
        elif shown is not None:
            digest = from_pillow(shown, orientation_of(shown), kind.meaning(shown, data))
        else:
            digest = None
        if digest is None or (time.monotonic() > until and len(made) + 1 < len(frames)):
            return None
        made.append(digest)
    return file_digest(made) if len(made) == len(frames) else None
