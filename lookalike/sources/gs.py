"""Buckets of Google Cloud Storage, by gcsfs."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Iterator
from types import MethodType
from typing import Any, Final

import aiohttp
from gcsfs.core import GCSFileSystem
from gcsfs.retry import HttpError

from lookalike.images.reasons import one_line
from lookalike.sources.stores import Entry, StoreError, again, stamped

__all__ = ["GS"]

_PAGE: Final = 1_000
_FIELDS: Final = "name,size,timeCreated,generation"
_UNKNOWN: Final = (
    "it lets nobody in without credentials, or not with these: run 'gcloud auth"
    " application-default login', or set GOOGLE_APPLICATION_CREDENTIALS"
)


class GS:
    """The :class:`~lookalike.sources.stores.ObjectStore` of ``gs://``.

    Who asks is as for all programs of Google Cloud: by its environment variables, its files, or the
    machine that it runs on; else nobody, which is enough for a public bucket.
    """

    def __init__(self) -> None:
        # It logs each error with a traceback, before anybody can decide to ask again.
        logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
        logging.getLogger("google.auth").setLevel(logging.ERROR)  # warns outside of Google's cloud
        # Its other class asks for the kind of each bucket first, which nothing here depends on.
        self._files: Any = GCSFileSystem(
            access="read_only",
            use_listings_cache=False,
            skip_instance_cache=True,
            requests_timeout=aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60),
        )
        # What fails is asked for again here, so that nobody else multiplies the tries.
        once = getattr(GCSFileSystem._request, "__wrapped__", GCSFileSystem._request)
        self._files._request = MethodType(once, self._files)

    def entries(self, prefix: str) -> Iterator[Entry]:
        """See :class:`~lookalike.sources.stores.ObjectStore`, as for all that follow.

        A thousand at a time: a bucket may have any number.
        """
        bucket, key = _split(prefix)
        asked: dict[str, Any] = {
            "prefix": f"{key}/" if key else None,
            "maxResults": _PAGE,
            "fields": f"nextPageToken,items({_FIELDS})",
        }
        while True:
            page = self._told(prefix, "b/{}/o", bucket, **asked)
            for one in page.get("items", ()):
                yield _entry(bucket, one)
            if not page.get("nextPageToken"):
                return
            asked["pageToken"] = page["nextPageToken"]

    def entry(self, path: str) -> Entry:
        """One object."""
        bucket, key = _split(path)
        return _entry(bucket, self._told(path, "b/{}/o/{}", bucket, key, fields=_FIELDS))

    def _told(self, what: str, path: str, *names: str, **asked: Any) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            found: dict[str, Any] = self._call(path, *names, json_out=True, **asked)
            return found

        return again(what, ask)

    def read(self, entry: Entry, begin: int, end: int) -> bytes:
        """Some of its bytes."""
        return again(entry.path, lambda: self._get(entry, begin, end))

    def _get(self, entry: Entry, begin: int, end: int) -> bytes:
        whole = (begin, end) == (0, entry.size)
        asked = {} if whole else {"Range": f"bytes={begin}-{end - 1}"}
        headers, data = self._call(self._files.url(entry.path), headers=asked)
        generation = headers.get("X-Goog-Generation")
        if generation and stamped(0, generation) != entry.mtime_ns % 10**9:
            raise StoreError("changed since it was listed: the next run reads it")
        if headers.get("Content-Encoding"):
            raise StoreError(
                f"is kept with Content-Encoding {headers['Content-Encoding'][:20]}, so that its"
                " size isn't that of the picture: upload it as it is"
            )
        if len(data) != end - begin:
            raise OSError(f"the body was cut: {len(data):,} bytes of {end - begin:,}")
        # What was put together from others has no MD5.
        sums = dict(
            one.strip().partition("=")[::2]
            for line in headers.getall("X-Goog-Hash", ())
            for one in line.split(",")
        )
        found = hashlib.md5(data, usedforsecurity=False).digest()
        if whole and "md5" in sums and base64.b64decode(sums["md5"]) != found:
            raise OSError("the body has another sum than the store says")
        return bytes(data)

    def _call(self, path: str, *names: str, **asked: Any) -> Any:
        """Ask once; what asking again doesn't mend is said to be so."""
        try:
            return self._files.call("GET", path, *names, **asked)
        except HttpError as error:
            if str(error.code) == "401":
                raise StoreError(f"{_UNKNOWN} ({one_line(str(error))})") from error
            raise
        except ValueError as error:  # what it makes of a request that is refused as wrong
            raise StoreError(one_line(str(error))) from error
        except OSError as error:
            if str(error).startswith("Forbidden"):
                raise PermissionError(str(error).partition("\n")[2] or "forbidden") from error
            raise


def _entry(bucket: str, one: dict[str, Any]) -> Entry:
    # Not "updated", which changes with who may read it.
    changed = stamped(one["timeCreated"], one["generation"])
    return Entry(f"gs://{bucket}/{one['name']}", int(one["size"]), changed)


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.partition("://")[2].partition("/")
    return bucket, key
