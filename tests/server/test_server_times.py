"""Times of change that a file system holds, and a date or 64 bits don't."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from lookalike.library import PictureInfo
from lookalike.server.files import is_unchanged, open_original
from lookalike.server.pictures import picture_facts
from lookalike.sources.source import Found
from lookalike.sources.walk import walk


@pytest.mark.parametrize(
    ("seconds", "modified"),
    [
        (10_413_792_000, "2262-04-11T23:47:16Z"),  # 2300
        (-1_000_000_000, "1938-04-24T22:13:20Z"),
    ],
)
def test_a_file_with_such_a_time_is_shown(tmp_path: Path, seconds: int, modified: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"bytes")
    os.utime(path, (seconds, seconds))
    if path.stat().st_mtime != seconds:
        pytest.skip("this file system keeps no such times")
    (found,) = walk(tmp_path)
    assert isinstance(found, Found)
    assert -(2**63) <= found.mtime_ns < 2**63
    picture = PictureInfo(
        1, str(path), 5, found.mtime_ns, 8, 8, "JPEG", hashlib.sha256(b"bytes").digest()
    )
    assert picture_facts("sealed", picture, None)["modified"] == modified
    assert is_unchanged(picture)
    open_original(picture).close()
