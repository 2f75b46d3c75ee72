"""Copies of files that are proved to be on the disk before anything is taken away."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress

from lookalike.actions import calls
from lookalike.actions.attributes import Attributes
from lookalike.actions.seen import LeftAlone, Seen

__all__ = ["copy_new", "swap_in", "write_new"]

_PIECE = 1 << 20


def copy_new(source: str, target: str, digest: str, attributes: Attributes | None) -> None:
    """Make a copy of a file, wait until it is on the disk, and read it back.

    Args:
        source: a regular file, never a link.
        target: where nothing stands.
        digest: SHA-256 that its bytes must have.
        attributes: that the copy gets; ``None`` for none.

    Raises:
        LeftAlone: the bytes are others, or came out as others.
        OSError: what the system says. Nothing is left at ``target`` either way, if that can be.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    read = os.open(source, flags)
    try:
        made = hashlib.sha256()
        written = calls.open_new(target)
        try:
            try:
                while piece := os.read(read, _PIECE):
                    made.update(piece)
                    calls.write(written, piece)
                calls.sync(written)
            finally:
                os.close(written)
            if made.hexdigest() != digest:
                raise LeftAlone("was changed in the meantime")
            if Seen.at(target).digest != digest:
                raise LeftAlone("came out with other bytes when it was copied")
            if attributes is not None:
                attributes.put(target)
        except (OSError, LeftAlone):
            with suppress(OSError):
                calls.remove(target)
            raise
    finally:
        os.close(read)


def write_new(target: str, data: bytes, attributes: Attributes | None) -> None:
    """Write a new file, and wait until it is on the disk.

    Raises:
        OSError: what the system says; nothing is left at ``target``, if that can be.
    """
    written = calls.open_new(target)
    try:
        try:
            calls.write(written, data)
            calls.sync(written)
        finally:
            os.close(written)
        if attributes is not None:
            attributes.put(target)
        else:
            calls.set_rights(target, 0o666 & ~_umask())
    except OSError:
        with suppress(OSError):
            calls.remove(target)
        raise


def swap_in(new: str, seen: Seen) -> None:
    """Put a file in the place of another that was just read, which goes; nothing else ever goes.

    Where the system can exchange two names at once, what comes out is looked at before it is
    removed: had it changed in the last moment, it would be put back.

    Args:
        new: the file, in the same folder.
        seen: what stands there.

    Raises:
        LeftAlone: what stands there is another or changed; ``new`` is still where it was.
        OSError: what the system says.
    """
    if not seen.is_untouched():
        raise LeftAlone("was changed in the meantime")
    if calls.exchange(new, seen.path):
        if not seen.is_still_at(new):
            calls.exchange(new, seen.path)
            raise LeftAlone("was changed in the meantime")
        calls.remove(new)
    else:
        calls.replace(new, seen.path)


def _umask() -> int:
    # There is no way to ask for it without setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
