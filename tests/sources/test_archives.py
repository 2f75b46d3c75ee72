"""Tar and Parquet files: what they hold, and what nobody can make them do."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.sources.archives import ArchiveError, Member, archive_entry, opened
from lookalike.sources.contents import item_of, stamp_of, why_unreachable
from lookalike.sources.naming import expanded, is_away, name_of, split
from lookalike.sources.source import Found
from lookalike.sources.stores import StoreError
from lookalike.sources.tars import Tar


class InMemory:
    def __init__(self, data: bytes) -> None:
        self._data, self.size = data, len(data)

    def read_at(self, begin: int, count: int) -> bytes:
        return self._data[begin : begin + count]

    def close(self) -> None:
        pass


def tar_of(files: Mapping[str, bytes], change: Callable[[tarfile.TarInfo], None] | None = None,
           form: int = tarfile.PAX_FORMAT) -> bytes:  # fmt: skip
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if change is not None:
                change(info)
            tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


def read_all(data: bytes) -> dict[str, bytes]:
    tar = Tar(InMemory(data))
    return {member.name: tar.read(member.name) for member in tar.members()}


@given(
    st.dictionaries(
        st.text("abé", min_size=1, max_size=150).map(lambda name: f"{name}.jpg"),
        st.binary(max_size=2000),
        max_size=6,
    ),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_a_tar_gives_what_was_put_in(files: dict[str, bytes], form: int) -> None:
    assert read_all(tar_of(files, form=form)) == files


def test_only_pictures_of_a_tar_are_taken_up() -> None:
    names = ["a.jpg", "a.json", "./b/c.PNG", "/d.jpg", ".e.jpg", "f/._g.jpg", "h", "a.jpg"]
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for number, name in enumerate(names):
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(bytes([number])))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("link.jpg")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    # Of two with one name the first counts, every time.
    assert read_all(made.getvalue()) == {"a.jpg": b"\0", "b/c.PNG": b"\2", "d.jpg": b"\3"}


@pytest.mark.parametrize("name", ["../a.jpg", "a/../../b.jpg", "/../../etc/c.jpg"])
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    (member,) = Tar(InMemory(tar_of({name: b"x"}))).members()
    assert member.refused == "its name leads out of the archive, or is damaged"
    assert ".." not in member.name
    assert not member.name.startswith("/")


@given(st.integers(1, 4000))
def test_a_tar_that_ends_early_says_so(size: int) -> None:
    whole = tar_of({f"{n}.jpg": bytes([n]) * 700 for n in range(3)})
    data_ends = whole.rindex(b"\2" * 700) + 700
    cut = whole[: min(size, data_ends - 1)]
    with pytest.raises(ArchiveError):
        read_all(cut)


@given(st.integers(0, 5), st.binary(min_size=1, max_size=40))
def test_a_damaged_header_never_hides_what_is_behind(number: int, noise: bytes) -> None:
    whole = bytearray(tar_of({f"{n}.jpg": bytes([n]) * 700 for n in range(6)}))
    at = number * 3 * 512
    if whole[at + 100 : at + 100 + len(noise)] == noise:
        return
    whole[at + 100 : at + 100 + len(noise)] = noise
    try:
        found = read_all(bytes(whole))
    except ArchiveError:
        return
    assert len(found) == 6


def test_a_tar_that_asks_for_all_memory() -> None:
    info = tarfile.TarInfo("a" * 200 + ".jpg")
    raw = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    raw[124:136] = b"77777777777\0"  # the long name has 8 GB
    header = raw[:512]
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    with pytest.raises((ArchiveError, OSError), match=r"more than 1,000,000|damaged"):
        read_all(bytes(header) + b"\0" * 20_000)


def test_a_compressed_tar_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(gzip.compress(tar_of({"a.jpg": b"x"})))
    assert "is compressed (gzip)" in why_unreachable(name_of(str(path)))
    path.write_bytes(b"no tar at all" * 100)
    with pytest.raises(ArchiveError, match="is damaged"):
        list(opened(archive_entry(str(path))).members())


def test_what_changed_is_not_taken_for_what_was(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(tar_of({"a.jpg": b"one"}))
    first = archive_entry(str(path))
    assert list(opened(first).members()) == [Member("a.jpg", 3)]
    found = Found(f"{path}#/a.jpg", "a.jpg", 3, first.mtime_ns, 0, 0)
    item = item_of(found, 100)
    assert not isinstance(item, str)
    assert (item.file, item.name) == (b"one", "a.jpg")
    assert stamp_of(found.path) == (-1, first.mtime_ns)
    path.write_bytes(tar_of({"a.jpg": b"other"}))
    os.utime(path, ns=(0, first.mtime_ns + 10**9))
    item = item_of(found, 100)
    assert not isinstance(item, str)
    assert item.file == b"other"
    path.unlink()
    assert stamp_of(found.path) is None
    with pytest.raises(StoreError, match="is not there"):
        archive_entry(str(path))


# Parquet


def parquet_of(path: Path, columns: Mapping[str, Any], *, images: list[str] | None = None) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = arrow.table(columns)
    if images is not None:
        features = {name: {"_type": "Image" if name in images else "Value"} for name in columns}
        about = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": about})
    parquet.write_table(table, path, row_group_size=4)


def test_parquet_as_hugging_face_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    rows: list[Any] = [{"bytes": bytes([n]) * 5, "path": f"dir/{n}.jpg"} for n in range(10)]
    rows[3], rows[4] = None, {"bytes": None, "path": "nothing.jpg"}
    rows[5] = {"bytes": b"x", "path": None}
    columns = {"image": rows, "thumb": [b"no picture"] * 10, "label": list(range(10))}
    parquet_of(path, columns, images=["image"])
    archive = opened(archive_entry(str(path)))
    members = list(archive.members())
    assert [m.name for m in members][:4] == [
        "image/000000000-0.jpg", "image/000000001-1.jpg", "image/000000002-2.jpg",
        "image/000000005",
    ]  # fmt: skip
    assert len(members) == 8
    for _ in range(2):  # as just read, and then by its row
        assert archive.read("image/000000009-9.jpg") == bytes([9]) * 5
    for gone in ("image/000000003", "image/000000099", "image/x", "image/000000001-2.jpg"):
        with pytest.raises(ArchiveError, match="not in the file"):
            archive.read(gone)


def test_parquet_with_columns_of_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet_of(path, {"../a": [b"one", None, b"two"], "text": ["a", "b", "c"]})
    members = list(opened(archive_entry(str(path))).members())
    assert members == [Member(".._a/000000000", 3), Member(".._a/000000002", 3)]


def test_parquet_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet_of(path, {"text": ["a"]})
    assert "has no column of bytes" in why_unreachable(name_of(str(path)))
    path.write_bytes(path.read_bytes()[:-10])
    os.utime(path, ns=(0, 1))
    assert "is damaged" in why_unreachable(name_of(str(path)))


# Names


def test_what_places_are_called(tmp_path: Path) -> None:
    (tmp_path / "folder.tar").mkdir()
    assert name_of(f"{tmp_path}/folder.tar") == f"{tmp_path}/folder.tar"
    assert name_of(f"{tmp_path}/x.tar") == f"{tmp_path}/x.tar#"
    assert name_of(f"{tmp_path}/x.tar#") == f"{tmp_path}/x.tar#"
    assert name_of("S3://bucket/a/") == "s3://bucket/a"
    assert name_of("s3://bucket/x.parquet") == "s3://bucket/x.parquet#"
    assert split("s3://bucket/x.tar#/a/1.jpg") == ("s3://bucket/x.tar", "a/1.jpg")
    assert split("/music/C#/x.tar.jpg") == ("", "")
    assert not is_away("/music/C#/a.jpg")
    for wrong in (
        "http://host/x.tar",
        "s3://",
        "s3://bucket//a",
        "s3://bucket/../a",
        "ftp://a/b",
        "s3://bucket/x.tar.gz",
    ):
        with pytest.raises(ValueError, match=r"can't be indexed|no bucket|empty part|compressed"):
            name_of(wrong)


def test_names_of_several() -> None:
    assert expanded("s3://b/x-{008..010}.tar") == [
        f"s3://b/x-{n}.tar" for n in ("008", "009", "010")
    ]
    assert expanded("/d/{a,b}-{0..1}.tar") == [f"/d/{x}-{n}.tar" for x in "ab" for n in "01"]
    assert expanded("/folder/{a,b}") == ["/folder/{a,b}"]
    for wrong in ("s3://b/{9..1}.tar", "s3://b/{0..999999}.tar", "s3://b/{0..999}{0..999}.tar"):
        with pytest.raises(ValueError, match=r"counts to fewer|stands for more"):
            expanded(wrong)
