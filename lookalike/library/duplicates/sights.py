"""The contents of a library as they are looked at: previews and local features, made if missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from lookalike.images.pool.pool import DecodePool
from lookalike.library.duplicates.eyes import Sight
from lookalike.library.preview_making import preview_made
from lookalike.library.previews import Previews
from lookalike.library.records import ContentKey, PictureInfo
from lookalike.library.store import Store
from lookalike.types import ContentId

__all__ = ["Sights"]


class Sights:
    """What is needed to look at contents.

    Args:
        store: of the library.
        previews: of the library, or in memory.
        pool: decodes what has no preview.
    """

    def __init__(self, store: Store, previews: Previews, pool: DecodePool) -> None:
        self._store, self._previews, self._pool = store, previews, pool
        self._pictures: dict[ContentId, PictureInfo] = {}

    def get(self, contents: Sequence[ContentId]) -> dict[ContentId, Sight]:
        """The contents as they are looked at; those that can't be are left out."""
        lacking = [c for c in contents if c not in self._pictures]
        held = self._store.pictures_of(lacking)
        self._pictures |= {c: pictures[0] for c, pictures in held.items() if pictures}
        keys = {c: _key(self._pictures[c]) for c in contents if c in self._pictures}
        kept = self._previews.get(keys.values())
        made = self._made([c for c, key in keys.items() if key not in kept])
        if made:
            self._previews.put({keys[c]: preview for c, preview in made.items()})
        found = {}
        for content, key in keys.items():
            preview, features = kept.get(key, (made.get(content), None))
            if preview is not None:
                picture = self._pictures[content]
                found[content] = Sight(
                    key.digest + key.member.encode(),
                    (picture.width, picture.height),
                    picture.format,
                    picture.file_bytes,
                    preview,
                    features,
                )
        return found

    def put_features(self, features: Mapping[ContentId, bytes]) -> None:
        """Keep features that were made of contents which were asked for before."""
        self._previews.put_features({_key(self._pictures[c]): d for c, d in features.items()})

    def _made(self, contents: Sequence[ContentId]) -> dict[ContentId, bytes]:
        """Previews of contents that have none, made of their files."""
        if not contents:
            return {}
        held = self._store.pictures_of(contents)

        def make(content: ContentId) -> bytes | None:
            made = (preview_made(self._pool, picture) for picture in held[content])
            return next((preview for preview in made if preview is not None), None)

        with ThreadPoolExecutor(self._pool.workers, "lookalike-previews") as threads:
            made = zip(contents, threads.map(make, contents), strict=True)
            return {content: preview for content, preview in made if preview is not None}


def _key(picture: PictureInfo) -> ContentKey:
    return ContentKey(picture.digest, picture.member)
