"""Each file is in one part, whoever asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.sources.shards import Shard, shard_of


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 9))
def test_each_path_is_in_one_part(path: str, of: int) -> None:
    assert sum(Shard(number, of).takes(path) for number in range(1, of + 1)) == 1


def test_parts_stay_what_they_are() -> None:
    # Another machine, another day: a worker that is repeated has the files that it had.
    assert [Shard(1, 2).takes(f"/photos/{n}.jpg") for n in range(8)] == [
        True, False, True, False, False, False, True, False,
    ]  # fmt: skip


def test_an_archive_is_in_one_part() -> None:
    for archive in ("/a/x.tar#", "s3://bucket/y.parquet#"):
        owners = {
            tuple(Shard(i, 5).takes(f"{archive}/{n}.jpg") for i in range(1, 6)) for n in range(20)
        }
        assert owners == {tuple(Shard(i, 5).takes(archive) for i in range(1, 6))}


def test_how_a_shard_is_written() -> None:
    assert shard_of("3/8") == Shard(3, 8)
    assert str(Shard(3, 8)) == "3/8"
    assert shard_of(None) is None
    for wrong in ("", "3", "0/8", "9/8", " 3/8", "3/8 ", "٣/٨", 3):
        with pytest.raises(UsageError, match="such as 3/8"):
            shard_of(wrong)
