"""The files of pictures: handed out only if they are what the library knows, byte for byte."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from io import FileIO
from urllib.parse import quote

from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lookalike.images.formats.registry import media_type
from lookalike.library import PictureInfo
from lookalike.server.answers import ApiError
from lookalike.system.times import kept

__all__ = ["Original", "changed", "is_away", "is_unchanged", "open_original", "shown_type"]

_PIECE = 1 << 20


def changed() -> ApiError:
    """The error of a file that isn't what it was."""
    return ApiError(
        410,
        "picture_changed",
        "the file has changed, moved or gone since it was indexed: run lookalike index",
    )


def is_unchanged(picture: PictureInfo) -> bool:
    """Whether the file is there with the size and the time that the library knows; no reading."""
    try:
        return _matches(os.stat(picture.path), picture)
    except (OSError, ValueError):
        return False


def is_away(path: str) -> bool:
    """Whether a file can't be seen now: its disk is unplugged, or it was moved or deleted."""
    try:
        return not os.path.lexists(path)
    except ValueError:
        return True


def open_original(picture: PictureInfo) -> FileIO:
    """The file, opened and checked against its SHA-256 in the library.

    So whatever a path leads to by now, through links or by other tricks: nothing is handed out but
    the very bytes that were indexed.

    Raises:
        ApiError: it isn't there, or isn't the same.
    """
    # Opening a named pipe blocks without O_NONBLOCK, which does nothing to regular files.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(picture.path, flags | getattr(os, "O_NOCTTY", 0))
    except (OSError, ValueError) as error:
        raise changed() from error
    if not _matches(os.fstat(descriptor), picture):  # which also keeps folders and pipes out
        os.close(descriptor)
        raise changed()
    file = FileIO(descriptor, "rb")
    try:
        found = hashlib.file_digest(file, "sha256").digest()
        if not hmac.compare_digest(found, picture.digest):
            raise changed()
        file.seek(0)
    except OSError as error:
        file.close()
        raise changed() from error
    except BaseException:
        file.close()
        raise
    return file


def shown_type(picture: PictureInfo) -> str | None:
    """The media type of what a browser can show, ``None`` for the others."""
    return media_type(picture.format)


class Original(Response):
    """The bytes of a file that :func:`open_original` gave; the file is closed after it.

    Args:
        file: at its beginning.
        picture: what it is.
        name: to save it under.
        download: have it saved also where it could be shown.
        part: (first byte, one past the last) of what is sent; ``None`` for all of it.
    """

    def __init__(
        self,
        file: FileIO,
        picture: PictureInfo,
        name: str,
        *,
        download: bool,
        part: tuple[int, int] | None = None,
    ) -> None:
        self._file = file
        size = picture.file_bytes
        self._start, self._stop = part or (0, size)
        told = {} if part is None else {"Content-Range": f"bytes {part[0]}-{part[1] - 1}/{size}"}
        shown = shown_type(picture)
        how = "attachment" if download or shown is None else "inline"
        quoted = quote(name.encode("utf-8", "replace"), safe="")
        super().__init__(
            status_code=200 if part is None else 206,
            headers={
                "Content-Length": str(self._stop - self._start),
                "Accept-Ranges": "bytes",
                **told,
                "Content-Disposition": f"{how}; filename*=UTF-8''{quoted}",
                # Nothing in a picture may run, whatever a browser takes it for.
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "private, no-cache",
                "ETag": f'"{picture.digest.hex()}"',
            },
            media_type=shown or "application/octet-stream",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, piece by piece."""
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if scope["method"] != "HEAD":
                left = self._stop - self._start
                self._file.seek(self._start)
                while left and (piece := await self._read(min(left, _PIECE))):
                    left -= len(piece)
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._file.close()

    async def _read(self, size: int) -> bytes:
        return await to_thread.run_sync(self._file.read, size)


def _matches(status: os.stat_result, picture: PictureInfo) -> bool:
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_size == picture.file_bytes
        and kept(status.st_mtime_ns) == picture.mtime_ns
    )
