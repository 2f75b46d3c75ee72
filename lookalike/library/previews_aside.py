"""Previews of a library that keeps none: what has to be made is remembered in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from lookalike.library.opening import previews_in_memory
from lookalike.library.previews import Previews
from lookalike.library.records import ContentKey

__all__ = ["PreviewsAside"]

_MOST_BYTES = 200_000_000  # half of them for features: of some 5,000 pictures


class PreviewsAside:
    """A library's :class:`~lookalike.library.previews.Previews` with further ones beside them.

    A second look at a picture that has no features yet makes them. Who asks a lot looks at the same
    pictures again and again, and would make them as often.

    Args:
        kept: those of the library, which are only read.
    """

    def __init__(self, kept: Previews) -> None:
        self._kept = kept
        self._made = previews_in_memory(_MOST_BYTES)

    @property
    def writable(self) -> bool:
        """Whether anything can be kept."""
        return True

    @property
    def size(self) -> int:
        """What those of the library take, in bytes."""
        return self._kept.size

    def count(self) -> tuple[int, int]:
        """How many previews the library has, and how many of them have features."""
        return self._kept.count()

    def get(self, keys: Iterable[ContentKey]) -> dict[ContentKey, tuple[bytes, bytes | None]]:
        """The previews (JPEG) and features of contents; those that aren't kept are left out."""
        wanted = list(keys)
        found = self._kept.get(wanted)
        lacking = [key for key in wanted if found.get(key, (b"", None))[1] is None]
        return {**found, **self._made.get(lacking)}

    def put(self, previews: Mapping[ContentKey, bytes]) -> None:
        """Remember previews."""
        self._made.put(previews)

    def put_features(self, features: Mapping[ContentKey, bytes]) -> None:
        """Remember features, with the previews that they are of."""
        kept = self._kept.get(features)
        self._made.put({key: preview for key, (preview, _) in kept.items()})
        self._made.put_features(features)

    def drop(self, keys: Iterable[ContentKey]) -> None:
        """Forget what was remembered of contents."""
        self._made.drop(keys)

    def clear(self) -> None:
        """Forget all that was remembered."""
        self._made.clear()

    def prune(
        self, state: str, known: Callable[[Sequence[ContentKey]], Sequence[object | None]]
    ) -> None:
        """Nothing is: what the library forgets is not asked for."""

    def close(self) -> None:
        """Let go of both."""
        self._made.close()
        self._kept.close()
