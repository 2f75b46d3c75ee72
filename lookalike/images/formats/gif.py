"""GIF."""

from __future__ import annotations

from lookalike.images.formats.format import Format

__all__ = ["FORMAT"]


class _GIF(Format):
    name = "GIF"
    suffixes = (".gif",)
    reader = "PIL.GifImagePlugin"
    media_type = "image/gif"
    members = "frame"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return data.startswith((b"GIF87a", b"GIF89a"))


FORMAT = _GIF()
