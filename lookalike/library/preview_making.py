"""The preview of a picture whose library has none: made of its file, if that is what it was."""

from __future__ import annotations

from lookalike.errors import PictureError
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.images.preview import preview_of
from lookalike.library.records import PictureInfo
from lookalike.road import LARGE

__all__ = ["preview_made"]

_LARGE = "large"


def preview_made(pool: DecodePool, picture: PictureInfo) -> bytes | None:
    """Make the preview of a picture; ``None`` where its file can't be read, or has changed.

    Args:
        pool: decodes.
        picture: of the library.
    """
    item = Item(picture.path, picture.member)
    try:
        decoded = pool.decode(item.file, inputs={_LARGE: LARGE}, member=item.member, name=item.name)
    except PictureError:
        return None
    same = decoded.content_digest == picture.digest
    return preview_of(decoded.inputs[_LARGE]) if same else None
