"""Fetching a published file: with its checksum, and resuming where a connection broke.

By hand, since neither pooch nor huggingface_hub resumes in a later run (docs/dependencies.md).
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.errors import LookalikeError, UsageError
from lookalike.system.cache import cache_folder
from lookalike.system.locks import locked

__all__ = ["BrokenError", "Checksum", "download", "opened", "request"]

_log = logging.getLogger(__name__)

_PIECE = 1 << 18
_TIMEOUT = 30.0  # seconds without a byte
_RANGE = re.compile(r"bytes (\d+)-\d+/")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a file must be.

    Attributes:
        algorithm: as :func:`hashlib.new` takes it.
        hexdigest: of the whole file, in small letters.
        size: of the file, in bytes; no server can send more.
        prefix: bytes that are hashed before those of the file, as Git does.
    """

    algorithm: str
    hexdigest: str
    size: int
    prefix: bytes = b""

    def fits(self, file: Path) -> bool:
        """Whether a file has this size and checksum."""
        if file.stat().st_size != self.size:
            return False
        with file.open("rb") as readable:
            # Not for secrets: MD5 is what some publishers state.
            found = hashlib.file_digest(
                readable,
                lambda: hashlib.new(self.algorithm, self.prefix, usedforsecurity=False),
            )
        return found.hexdigest() == self.hexdigest


def download(
    url: str,
    target: Path,
    checksum: Checksum,
    *,
    attempts: int = 5,
    wait: float = 1.0,
    progress: Callable[[int, int], object] | None = None,
    token: str | None = None,
) -> Path:
    """Fetch a file, unless it is there already.

    What has come is kept in ``target.partial``: after a connection that broke, and in a later call,
    the download resumes there by an HTTP range. ``target`` appears once the checksum fits. Of
    several processes that want the same file one fetches it, and the others wait.

    Args:
        url: by HTTP or HTTPS.
        target: where to put the file; its folder must exist.
        checksum: that it must have.
        attempts: connections in a row that may bring nothing.
        wait: seconds before the second of them; twice as long before each further one.
        progress: called with the bytes that are there and the bytes in all.
        token: sent to the host of ``url``, and to no other that it may point to.

    Returns:
        ``target``.

    Raises:
        UsageError: another scheme than HTTP and HTTPS.
        LookalikeError: the server can't be reached, refuses, or what it sends isn't that file.
        OSError: no space, or no right to write.
    """
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"{url} isn't fetched: only http:// and https:// are")
    partial = target.with_name(f"{target.name}.partial")
    with locked(_lock(target)):
        if target.exists() and checksum.fits(target):
            return target
        _complete(url, partial, checksum, attempts, wait, progress, token)
        if not checksum.fits(partial):
            # Kept, it would be resumed, and never fit.
            partial.unlink()
            raise _another(url, checksum)
        partial.replace(target)
    return target


def _lock(target: Path) -> Path:
    """The lock of a target: in the cache folder, since it has to stay, and nobody shall see it."""
    folder = cache_folder("locks")
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(os.fsencode(os.path.realpath(target))).hexdigest()
    return folder / f"{name[:32]}.lock"


def _complete(
    url: str,
    partial: Path,
    checksum: Checksum,
    attempts: int,
    wait: float,
    progress: Callable[[int, int], object] | None,
    token: str | None,
) -> None:
    """Connect until ``partial`` has its size."""
    if not checksum.size:
        partial.touch()
    in_vain = 0
    while (there := _size(partial)) < checksum.size:
        try:
            _append(request(url, token), partial, there, checksum.size, progress)
            reason = "the connection was cut"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416:  # less than this is all that it has
                partial.unlink()
                raise _another(url, checksum) from error
            if error.code < 500 and error.code != 429:
                raise LookalikeError(
                    f"{url} answers {error.code} {error.reason}: fetch the file by hand"
                ) from error
            reason = f"it answers {error.code} {error.reason}"
        except BrokenError as error:
            reason = str(error)
        in_vain = 0 if _size(partial) > there else in_vain + 1
        if _size(partial) < checksum.size:
            _log.info("%s: %s after %d bytes", url, reason, _size(partial))
        if in_vain >= attempts:
            raise LookalikeError(
                f"{url} can't be fetched, {reason}: {there:,} of {checksum.size:,} bytes are "
                "there; try again later to go on"
            )
        if in_vain:
            time.sleep(wait * 2 ** (in_vain - 1))


def _another(url: str, checksum: Checksum) -> LookalikeError:
    return LookalikeError(
        f"what {url} sent isn't the published file (of {checksum.size:,} bytes with the "
        f"{checksum.algorithm.upper()} {checksum.hexdigest}): try again, or fetch it by hand"
    )


class BrokenError(Exception):
    """A connection that came to nothing, or to an end."""


def request(url: str, token: str | None = None) -> urllib.request.Request:
    """What asks for a file.

    Raises:
        UsageError: another scheme than HTTP and HTTPS.
    """
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"{url} isn't fetched: only http:// and https:// are")
    asked = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, headers={"User-Agent": "lookalike", "Accept-Encoding": "identity"}
    )
    if token:
        asked.add_header("Authorization", f"Bearer {token}")
    return asked


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to HTTP and HTTPS only, never from HTTPS to HTTP, and keeps tokens to their host."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: Any,
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request that comes next."""
        here, there = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if there.scheme not in ("https", here.scheme):
            raise BrokenError(f"it points to {there.scheme}://{there.netloc}, which isn't asked")
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None and there.netloc != here.netloc:
            following.remove_header("Authorization")
        return following


def _append(
    asked: urllib.request.Request,
    partial: Path,
    there: int,
    size: int,
    progress: Callable[[int, int], object] | None,
) -> None:
    """Make one connection, and keep what it brings."""
    if there:
        asked.add_header("Range", f"bytes={there}-")
    with opened(asked) as response:
        begins = _RANGE.match(response.headers.get("Content-Range", ""))
        if response.status != 206 or begins is None or int(begins[1]) != there:
            there = 0  # a server without ranges begins anew
        with partial.open("ab" if there else "wb") as file:
            while piece := _read(response):
                file.write(piece[: size - there])
                there = min(size, there + len(piece))
                if progress is not None:
                    progress(there, size)
                if there == size:
                    return


def opened(asked: urllib.request.Request) -> Any:
    """The response to a request.

    Raises:
        urllib.error.HTTPError: the server refuses.
        BrokenError: there is no connection.
    """
    try:
        return urllib.request.build_opener(_Redirects).open(asked, timeout=_TIMEOUT)
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise BrokenError(f"{reason}") from error


def _read(response: Any) -> bytes:
    """The next bytes; kept apart from writing, whose errors are the disk's."""
    try:
        piece: bytes = response.read(_PIECE)
    except http.client.IncompleteRead as error:
        return error.partial
    except (OSError, http.client.HTTPException) as error:
        raise BrokenError(f"{error}") from error
    return piece


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
