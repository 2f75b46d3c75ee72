"""Previews that are made for a library that keeps none."""

from __future__ import annotations

from pathlib import Path

from lookalike.library.local.previews import PreviewsFile
from lookalike.library.previews_aside import PreviewsAside
from lookalike.library.records import ContentKey

A, B, C = (ContentKey(bytes([place]) * 32) for place in range(3))


def test_what_is_made_is_kept_in_memory_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "l.lookalike-previews"
    kept = PreviewsFile(path)
    kept.put({A: b"jpeg a", B: b"jpeg b"})
    kept.put_features({B: b"features b"})
    kept.close()
    before = path.read_bytes()
    aside = PreviewsAside(PreviewsFile(path, read_only=True))
    assert aside.writable
    assert aside.get([A, B, C]) == {A: (b"jpeg a", None), B: (b"jpeg b", b"features b")}
    aside.put_features({A: b"features a"})
    aside.put({C: b"jpeg c"})
    found = aside.get([A, B, C])
    assert found[A] == (b"jpeg a", b"features a")
    assert found[C] == (b"jpeg c", None)
    assert aside.count() == (2, 1)
    assert aside.size >= len(before)
    aside.drop([C])
    aside.clear()
    assert aside.get([A, C]) == {A: (b"jpeg a", None)}
    aside.prune("1", lambda keys: [None for _ in keys])
    aside.close()
    assert path.read_bytes() == before
