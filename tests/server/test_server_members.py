"""Pictures that share a file: each has its own name, thumbnail and tag."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.images.pool.pool import DecodePool
from lookalike.library import PictureInfo
from lookalike.server.pictures import thumbnail_tag
from lookalike.server.thumbnails import Thumbnails
from lookalike.types import Decoded, Limits


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Which members were decoded; of each the picture is of another grey."""
    members: list[str | None] = []

    def decode(_pool: DecodePool, source: str, *, inputs: dict[str, Any], **more: str) -> Decoded:
        members.append(more.get("member"))
        digest = hashlib.sha256(Path(source).read_bytes()).digest()
        grey = np.full((8, 8, 3), 40 * len(members), np.uint8)
        return Decoded(dict.fromkeys(inputs, grey), digest, digest, 8, 8, "TIFF", 5)

    monkeypatch.setattr(DecodePool, "decode", decode)
    return members


def page(path: Path, member: str) -> PictureInfo:
    if not path.exists():
        path.write_bytes(b"pages")
    digest = hashlib.sha256(b"pages").digest()
    return PictureInfo(1, str(path), 5, path.stat().st_mtime_ns, 8, 8, "TIFF", digest, member)


def test_each_has_its_thumbnail(tmp_path: Path, asked: list[str | None]) -> None:
    first, second = page(tmp_path / "a.tiff", ""), page(tmp_path / "a.tiff", "page-2")
    thumbnails = Thumbnails(Limits(), 1, 1_000_000)
    try:
        made = [thumbnails.get(picture, 128) for picture in (first, second, first, second)]
    finally:
        thumbnails.close()
    assert asked == ["", "page-2"]
    assert made[0] != made[1]
    assert made[:2] == made[2:]


def test_each_has_its_tag(tmp_path: Path) -> None:
    names = ("", "page-2", "page-3", "é\n\udce9/\U0001f408.png")
    tags = [thumbnail_tag(page(tmp_path / "a.tiff", name), 256) for name in names]
    assert len(set(tags)) == len(tags)
    assert all(tag.isascii() and tag.isprintable() for tag in tags)
