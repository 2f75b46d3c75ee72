"""Small pictures of a library's contents, and their local features: a cache beside it.

It can be deleted at any time: what a search needs of it is made anew. Whatever happens to it (a
full disk, damage, another program's lock) is logged and costs a search time, never its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from lookalike.library.records import ContentKey
from lookalike.library.store import Store

__all__ = ["Previews", "wants_previews"]


class Previews(Protocol):
    """Previews of one library; any number of threads may use it, and other processes beside it."""

    @property
    def writable(self) -> bool:
        """Whether anything can be kept."""

    @property
    def size(self) -> int:
        """What they take, in bytes."""

    def count(self) -> tuple[int, int]:
        """How many previews there are, and how many of them have features."""

    def get(self, keys: Iterable[ContentKey]) -> dict[ContentKey, tuple[bytes, bytes | None]]:
        """The previews (JPEG) and features of contents; those that aren't kept are left out."""

    def put(self, previews: Mapping[ContentKey, bytes]) -> None:
        """Keep previews; one that is there stays as it is, with its features."""

    def put_features(self, features: Mapping[ContentKey, bytes]) -> None:
        """Keep features beside the previews that are there."""

    def drop(self, keys: Iterable[ContentKey]) -> None:
        """Forget contents; their bytes are overwritten."""

    def clear(self) -> None:
        """Forget all, and give the disk back what they took."""

    def prune(
        self, state: str, known: Callable[[Sequence[ContentKey]], Sequence[object | None]]
    ) -> None:
        """Forget what the library has forgotten, unless nothing was since the last time.

        Args:
            state: changes whenever the library has forgotten anything; empty if it never did.
            known: for each key something, or ``None`` where the library doesn't know it.
        """

    def close(self) -> None:
        """Let go of the file; what is asked later has no previews."""


def wants_previews(store: Store) -> bool:
    """Whether a library keeps previews; it does unless somebody said no."""
    return store.setting("previews") != "0"
