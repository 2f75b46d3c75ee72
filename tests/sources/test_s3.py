"""Pictures in a bucket, though requests fail and bodies are cut."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from s3_server import Faulty
from small_model import make_model
from test_archives import parquet_of, tar_of

from lookalike.errors import PictureFailed, PictureSkipped, UsageError
from lookalike.library import Library
from lookalike.sources import archives
from lookalike.sources.contents import item_of, why_unreachable
from lookalike.sources.source import Found
from lookalike.sources.stores import stamped, store_of

PICTURES = int(os.environ.get("LOOKALIKE_S3_PICTURES", "150"))

Put = Callable[[str, bytes], None]


def png(seed: int) -> bytes:
    made = io.BytesIO()
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).resize((64, 64)).save(made, "PNG")
    return made.getvalue()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model") / "small.onnx", 1)


@pytest.fixture
def library(tmp_path: Path, model: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "l.lookalike", photo=str(model), workers=2) as library:
        yield library


def digests(library: Library) -> dict[str, bytes]:
    return {p.path: p.digest for p in library.pictures.page(10_000)}


def test_every_tenth_request_fails_and_every_tenth_body_is_cut(
    faulty: Faulty, put: Put, bucket: str, library: Library, tmp_path: Path
) -> None:
    wanted = {}
    for number in range(PICTURES):
        data = png(number)
        put(f"in/{number % 7}/{number:04}.png", data)
        path = f"s3://{bucket}/in/{number % 7}/{number:04}.png"
        wanted[path] = hashlib.sha256(data).digest()
    put("in/notes.txt", b"no picture")
    put("in/.hidden/a.png", png(1))
    put("in-too.png", png(2))
    faulty.every = 10
    faulty.asked.clear()
    started = time.process_time()
    report = library.index(f"s3://{bucket}/in")
    took = time.process_time() - started
    assert (report.added, report.failed, report.skipped) == (PICTURES, 0, 0)
    assert digests(library) == wanted
    assert faulty.failed >= PICTURES // 10
    assert faulty.cut >= PICTURES // 12
    fetched = {key: n for key, n in faulty.asked.items() if key.endswith(".png")}
    assert len(fetched) == PICTURES
    assert max(fetched.values()) <= 5
    print(
        f"{PICTURES} pictures, {faulty.failed} requests failed, {faulty.cut} bodies cut,"
        f" {sum(fetched.values())} fetches, {max(fetched.values())} of one at most,"
        f" {took:.1f} s of this process"
    )
    # What is as it was isn't fetched again, and what changed is.
    faulty.asked.clear()
    assert library.index().unchanged == PICTURES
    assert not [key for key in faulty.asked if key.endswith(".png")]
    faulty.every = 0
    put("in/0/0000.png", png(9999))
    faulty.asked.clear()
    assert library.index().updated == 1
    assert [key for key in faulty.asked if key.endswith(".png")] == [f"/{bucket}/in/0/0000.png"]
    # As on a disk that isn't there: what was indexed is found, by codes and previews.
    (tmp_path / "q.png").write_bytes(png(3))
    (hit, *_) = library.search(tmp_path / "q.png").hits
    assert (hit.path, hit.kind) == (f"s3://{bucket}/in/3/0003.png", "same-bytes")
    assert not list(tmp_path.glob("**/*.tmp"))


def test_a_server_that_is_gone_takes_nothing_away(
    faulty: Faulty, put: Put, bucket: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lookalike.sources import stores

    put("a.png", png(1))
    place = f"s3://{bucket}"
    library.index(place)
    monkeypatch.setattr(stores, "FIRST_SECONDS", 0.001)
    faulty.every = 1
    for gone in (False, True):
        report = library.index(place, gone=gone)
        assert (report.offline, report.missing) == ((place,), 0)
    (folder,) = library.status().folders
    assert folder.note == "can't be reached or read"
    assert list(digests(library)) == [f"{place}/a.png"]
    faulty.every = 0
    assert library.index().unchanged == 1
    with pytest.raises(UsageError, match=r"s3://no-such-bucket-at-all can't be indexed: "):
        library.index("s3://no-such-bucket-at-all")
    assert library.remove(place) == 1


def test_archives_in_a_bucket(
    faulty: Faulty, put: Put, bucket: str, library: Library, tmp_path: Path
) -> None:
    for number in range(2):
        files = {f"{number}{n}.png": png(10 * number + n) for n in range(4)}
        put(f"x-{number:03}.tar", tar_of({**files, "bad.jpg": b"no picture", "a.json": b"{}"}))
    rows = [{"bytes": png(30 + n), "path": f"{n}.png"} for n in range(3)]
    parquet_of(tmp_path / "x.parquet", {"image": rows})
    put("x.parquet", (tmp_path / "x.parquet").read_bytes())
    faulty.every = 10
    report = library.index(f"s3://{bucket}/x-{{000..001}}.tar", f"s3://{bucket}/x.parquet")
    assert (report.added, report.skipped, report.failed) == (11, 2, 0)
    paths = set(digests(library))
    assert f"s3://{bucket}/x-001.tar#/12.png" in paths
    assert f"s3://{bucket}/x.parquet#/image/000000002-2.png" in paths
    faulty.every = 0
    faulty.asked.clear()
    archives._opened.clear()  # as another day
    report = library.index()
    assert (report.unchanged, report.skipped) == (11, 2)
    assert not faulty.asked  # it was only asked whether they changed
    # A shard's own archives: each is with one worker.
    assert sum(library.index(shard=f"{n}/3").unchanged for n in (1, 2, 3)) == 11
    # Another archive of the name: what it lacks goes, what it has comes.
    put("x-000.tar", tar_of({"00.png": png(0), "new.png": png(50)}))
    report = library.index()
    assert (report.added, report.missing, report.unchanged) == (1, 3, 8)
    assert library.index().unchanged == 9


def test_what_may_not_be_fetched(faulty: Faulty, put: Put, bucket: str) -> None:
    put("a.png", b"12345")
    path = f"s3://{bucket}/a.png"
    entry = store_of(path).entry(path)
    found = Found(path, "a.png", entry.size, entry.mtime_ns, 0, 0)
    faulty.asked.clear()
    with pytest.raises(PictureSkipped, match="5 bytes: more than the limit of 4"):
        item_of(found, 4)
    assert not faulty.asked
    with pytest.raises(PictureFailed, match="changed since it was listed"):
        item_of(found._replace(mtime_ns=1), 99)
    with pytest.raises(PictureFailed, match="is not there"):
        item_of(found._replace(path=f"s3://{bucket}/b.png"), 99)


def test_who_is_not_known(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert why_unreachable("s3://bucket").startswith("no credentials were found: set AWS_PROFILE")


def test_another_tag_is_another_time() -> None:
    when = "2026-01-02T03:04:05Z"
    one, other = stamped(when, '"a"'), stamped(when, '"b"')
    assert one != other
    assert one // 10**9 == other // 10**9 == 1767323045
    assert stamped(1767323045.7, "") == 1767323045 * 10**9
