"""Buckets of S3, and of what speaks like it, by s3fs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import s3fs
from fsspec.asyn import sync

from lookalike.sources.stores import Entry, StoreError, again, stamped, sum_of

__all__ = ["S3"]

_TIMEOUTS = {"connect_timeout": 15, "read_timeout": 60}


class S3:
    """The :class:`~lookalike.sources.stores.ObjectStore` of ``s3://``.

    Who asks, and where, is as for all programs of AWS: by its environment variables and its files.
    """

    def __init__(self) -> None:
        # What fails is asked for again here, so that nobody else multiplies the tries.
        self._files: Any = s3fs.S3FileSystem(
            config_kwargs={**_TIMEOUTS, "retries": {"total_max_attempts": 1}},
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._files.retries = 1

    def entries(self, prefix: str) -> Iterator[Entry]:
        """See :class:`~lookalike.sources.stores.ObjectStore`, as for all that follow.

        A thousand at a time: a bucket may have any number.
        """
        bucket, key = _split(prefix)
        asked: dict[str, Any] = {"Bucket": bucket, "Prefix": f"{key}/" if key else ""}
        while True:
            page = again(prefix, lambda: self._files.call_s3("list_objects_v2", **asked))
            for one in page.get("Contents", ()):
                path = f"s3://{bucket}/{one['Key']}"
                yield Entry(path, one["Size"], stamped(one["LastModified"], one.get("ETag", "")))
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def entry(self, path: str) -> Entry:
        """One object."""
        bucket, key = _split(path)
        found = again(path, lambda: self._files.call_s3("head_object", Bucket=bucket, Key=key))
        return _entry(path, found, found["ContentLength"])

    def read(self, entry: Entry, begin: int, end: int) -> bytes:
        """Some of its bytes."""
        got: bytes = again(entry.path, lambda: sync(self._files.loop, self._get, entry, begin, end))
        return got

    async def _get(self, entry: Entry, begin: int, end: int) -> bytes:
        bucket, key = _split(entry.path)
        whole = (begin, end) == (0, entry.size)
        asked = {} if whole else {"Range": f"bytes={begin}-{end - 1}"}
        found = await self._files._call_s3("get_object", Bucket=bucket, Key=key, **asked)
        body = found["Body"]
        try:
            if _entry(entry.path, found, entry.size).mtime_ns != entry.mtime_ns:
                raise StoreError("changed since it was listed: the next run reads it")
            if found["ContentLength"] != end - begin:
                raise StoreError(
                    f"has {found['ContentLength']:,} bytes where {end - begin:,} were listed"
                )
            data: bytes = await body.read()
        finally:
            body.close()
        if len(data) != end - begin:
            raise OSError(f"the body was cut: {len(data):,} bytes of {end - begin:,}")
        # What is encrypted with a key of its own has a tag that only looks like a sum.
        told = None if found.get("ServerSideEncryption") == "aws:kms" else sum_of(found["ETag"])
        told = None if found.get("SSECustomerAlgorithm") else told
        if whole and told and hashlib.md5(data, usedforsecurity=False).hexdigest() != told:
            raise OSError("the body has another sum than the store says")
        return data


def _entry(path: str, found: dict[str, Any], size: int) -> Entry:
    return Entry(path, size, stamped(found["LastModified"], found.get("ETag", "")))


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.partition("://")[2].partition("/")
    return bucket, key
