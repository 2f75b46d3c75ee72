"""Which contents were a JPEG before, as far as their pixels show it: decoded once, and kept."""

from __future__ import annotations

import json
import threading
from typing import Any

from lookalike.errors import LibraryClosedError, LibraryError, PictureError
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.library.duplicates.facts import Fact
from lookalike.library.store import Store
from lookalike.matching.jpeg_traces import jpeg_traces
from lookalike.types import InputSpec

__all__ = ["Traces"]

_SETTING = "jpeg traces"
_FORM = 1  # of jpeg_traces, too: what another one saw is looked at anew
_WHOLE, _ALL_OF_IT = "whole", InputSpec(1 << 16, "within")
_MOST_PIXELS = 40_000_000  # larger pictures aren't decoded for it: three bytes each
_KEY = 16  # digits of the digest
_NOTHING = 0


class Traces:
    """Looks for traces of JPEG in the files of contents; several threads may ask.

    Args:
        store: of the library.
        pool: decodes files in full.
        stop: where it is set, what nobody has seen yet stays unknown.
    """

    def __init__(self, store: Store, pool: DecodePool, stop: threading.Event) -> None:
        self._store, self._pool, self._stop = store, pool, stop
        self._known: dict[str, int] = {}
        self._is_new = False
        try:
            kept: dict[str, Any] = json.loads(store.setting(_SETTING) or "{}")
            if kept.get("form") == _FORM:
                self._known = {str(key): int(seen) for key, seen in kept["seen"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            pass  # damaged: seen again

    def of(self, fact: Fact) -> int | None:
        """The quality of the JPEG that shows; ``None`` where nothing does, or nobody can look."""
        key = fact.key.digest.hex()[:_KEY] + fact.key.member
        if key not in self._known:
            seen = None if self._stop.is_set() else self._seen(fact)
            if seen is None:
                return None
            self._known[key] = seen
            self._is_new = True
        return self._known[key] or None

    def keep(self) -> None:
        """Keep what was seen, for the next run."""
        if self._is_new and not self._store.read_only:
            try:
                text = json.dumps({"form": _FORM, "seen": self._known}, separators=(",", ":"))
                self._store.put_setting(_SETTING, text)
                self._is_new = False
            except LibraryClosedError:
                raise
            except LibraryError:  # locked or full: seen again the next time
                pass

    def _seen(self, fact: Fact) -> int | None:
        """What shows, or :data:`_NOTHING`; ``None`` where its files can't be read now."""
        width, height = fact.size
        if width * height > _MOST_PIXELS:
            return _NOTHING
        for picture in fact.pictures:
            item = Item(picture.path, picture.member)
            try:
                decoded = self._pool.decode(
                    item.file, inputs={_WHOLE: _ALL_OF_IT}, member=item.member, name=item.name
                )
            except PictureError:
                continue
            if decoded.content_digest == picture.digest:
                return jpeg_traces(decoded.inputs[_WHOLE]) or _NOTHING
        return None
