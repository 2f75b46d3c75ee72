"""Ids that tell nothing: what stands for a picture outside, instead of its number or its path."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

__all__ = ["OpaqueIds"]

_TAG = 10  # bytes
_FORM = re.compile(r"[A-Za-z0-9_-]{24}\Z")


class OpaqueIds:
    """Numbers to ids and back; an id that wasn't made with the same secret is none.

    The number is masked by a keyed hash of its own authentication tag (the construction of
    synthetic initialisation vectors, Rogaway and Shrimpton 2006), so the same number always gives
    the same id, and nobody without the secret can tell a number from an id or make up an id.

    Example:
        >>> ids = OpaqueIds("a library's uuid")
        >>> ids.number(ids.seal(7)), ids.number("A" * 24)
        (7, None)
    """

    def __init__(self, secret: str) -> None:
        raw = secret.encode()
        self._tags = hashlib.sha256(b"lookalike picture id: tag\0" + raw).digest()
        self._masks = hashlib.sha256(b"lookalike picture id: mask\0" + raw).digest()

    def seal(self, number: int) -> str:
        """The id of a number: 24 letters, digits, ``-`` and ``_``."""
        plain = number.to_bytes(8, "big")
        tag = self._tag(plain)
        return urlsafe_b64encode(tag + self._masked(plain, tag)).decode("ascii")

    def number(self, text: str) -> int | None:
        """The number of an id, ``None`` if it isn't one of these."""
        if not _FORM.match(text):
            return None
        raw = urlsafe_b64decode(text)
        tag, masked = raw[:_TAG], raw[_TAG:]
        plain = self._masked(masked, tag)
        return int.from_bytes(plain, "big") if hmac.compare_digest(self._tag(plain), tag) else None

    def _tag(self, plain: bytes) -> bytes:
        return hmac.digest(self._tags, plain, "sha256")[:_TAG]

    def _masked(self, data: bytes, tag: bytes) -> bytes:
        mask = hmac.digest(self._masks, tag, "sha256")
        return bytes(a ^ b for a, b in zip(data, mask, strict=False))
