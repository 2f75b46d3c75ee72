"""Pictures in Google Cloud Storage, though requests fail and bodies are cut."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from gcs_server import GcsServer
from s3_server import Faulty
from test_archives import parquet_of, tar_of
from test_s3 import PICTURES, digests, library, model, png

from lookalike.errors import PictureFailed, PictureSkipped, UsageError
from lookalike.library import Library
from lookalike.sources import archives, stores
from lookalike.sources.contents import item_of, why_unreachable
from lookalike.sources.source import Found
from lookalike.sources.stores import store_of

__all__ = ["library", "model"]  # fixtures


@pytest.fixture
def gcs() -> Iterator[GcsServer]:
    server = GcsServer()
    yield server
    server.close()


@pytest.fixture
def connection(gcs: GcsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Faulty]:
    """The connection to it, for as long as a test takes."""
    pytest.importorskip("gcsfs")
    connection = Faulty(gcs.port)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{connection.port}")
    # What lies on the machine that runs the tests, or around it, shall not matter.
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setattr(stores, "FIRST_SECONDS", 0.001)
    stores._made.cache_clear()
    yield connection
    stores._made.cache_clear()
    connection.close()


def fetched(connection: Faulty) -> dict[str, int]:
    """How often the bytes of each object were asked for."""
    return {k: n for k, n in connection.asked.items() if k.startswith("/download/")}


def test_every_tenth_request_fails_and_every_tenth_body_is_cut(
    gcs: GcsServer, connection: Faulty, library: Library, tmp_path: Path
) -> None:
    wanted = {}
    for number in range(PICTURES):
        data, name = png(number), f"in/{number % 7}/{number:04} ü#?%.png"
        gcs.put("b", name, data)
        wanted[f"gs://b/{name}"] = hashlib.sha256(data).digest()
    gcs.put("b", "in/notes.txt", b"no picture")
    gcs.put("b", "in/.hidden/a.png", png(1))
    gcs.put("b", "in-too.png", png(2))
    gcs.page = 20
    connection.every = 10
    report = library.index("gs://b/in")
    assert (report.added, report.failed, report.skipped) == (PICTURES, 0, 0)
    assert digests(library) == wanted
    assert gcs.lists > PICTURES // 20
    assert connection.failed >= PICTURES // 10
    assert connection.cut >= PICTURES // 12
    assert len(fetched(connection)) == PICTURES
    assert max(fetched(connection).values()) <= 5
    # What is as it was isn't fetched again, and what changed is.
    connection.asked.clear()
    assert library.index().unchanged == PICTURES
    assert not fetched(connection)
    connection.every = 0
    gcs.put("b", "in/0/0000 ü#?%.png", png(9999))
    assert library.index().updated == 1
    assert len(fetched(connection)) == 1
    (tmp_path / "q.png").write_bytes(png(3))
    (hit, *_) = library.search(tmp_path / "q.png").hits
    assert (hit.path, hit.kind) == ("gs://b/in/3/0003 ü#?%.png", "same-bytes")
    assert not list(tmp_path.glob("**/*.tmp"))


def test_a_server_that_is_gone_takes_nothing_away(
    gcs: GcsServer, connection: Faulty, library: Library
) -> None:
    gcs.put("b", "a.png", png(1))
    library.index("gs://b")
    connection.every = 1
    connection.asked.clear()
    report = library.index("gs://b", gone=True)
    assert (report.offline, report.missing) == (("gs://b",), 0)
    assert connection.asked["/storage/v1/b/b/o"] <= 2 * stores.TRIES  # nobody multiplies them
    assert list(digests(library)) == ["gs://b/a.png"]
    connection.every = 0
    assert library.index().unchanged == 1
    with pytest.raises(UsageError, match="gs://none can't be indexed: is not there"):
        library.index("gs://none")
    assert library.remove("gs://b") == 1


def test_archives_in_a_bucket(
    gcs: GcsServer, connection: Faulty, library: Library, tmp_path: Path
) -> None:
    files = {f"{n}.png": png(n) for n in range(4)}
    gcs.put("b", "x.tar", tar_of({**files, "bad.jpg": b"no picture"}))
    rows = [{"bytes": png(30 + n), "path": f"{n}.png"} for n in range(3)]
    parquet_of(tmp_path / "x.parquet", {"image": rows})
    gcs.put("b", "x.parquet", (tmp_path / "x.parquet").read_bytes())
    connection.every = 10
    report = library.index("gs://b/x.tar", "gs://b/x.parquet")
    assert (report.added, report.skipped, report.failed) == (7, 1, 0)
    assert {"gs://b/x.tar#/2.png", "gs://b/x.parquet#/image/000000002-2.png"} <= set(
        digests(library)
    )
    connection.asked.clear()
    archives._opened.clear()  # as another day
    assert library.index().unchanged == 7
    assert not fetched(connection)


def test_what_may_not_be_fetched(gcs: GcsServer, connection: Faulty) -> None:
    gcs.put("b", "a.png", b"12345")
    path = "gs://b/a.png"
    entry = store_of(path).entry(path)
    assert [entry] == list(store_of(path).entries("gs://b"))
    found = Found(path, "a.png", entry.size, entry.mtime_ns, 0, 0)
    with pytest.raises(PictureSkipped, match="5 bytes: more than the limit of 4"):
        item_of(found, 4)
    assert not fetched(connection)
    assert store_of(path).read(entry, 1, 3) == b"23"
    gcs.put("b", "a.png", b"54321")
    with pytest.raises(PictureFailed, match="changed since it was listed"):
        item_of(found, 99)
    with pytest.raises(PictureFailed, match="is not there"):
        item_of(found._replace(path="gs://b/b.png"), 99)
    # What is decompressed on the way has another size, and no way to ask for a part of it.
    gcs.put("b", "z.png", gzip.compress(png(1)), "gzip")
    entry = store_of(path).entry("gs://b/z.png")
    with pytest.raises(stores.StoreError, match="Content-Encoding gzip"):
        store_of(path).read(entry, 0, entry.size)
    assert sum(fetched(connection).values()) == 4  # asked again in no case


def test_another_byte_is_seen_by_the_sum(gcs: GcsServer, connection: Faulty) -> None:
    gcs.put("b", "a.png", b"12345")
    (entry,) = store_of("gs://b").entries("gs://b")
    gcs.spoilt = 2
    assert store_of("gs://b").read(entry, 0, 5) == b"12345"
    assert gcs.spoilt == 0
    gcs.spoilt = stores.TRIES
    with pytest.raises(stores.StoreError, match=r"another sum than the store says \(6 times\)"):
        store_of("gs://b").read(entry, 0, 5)


def test_who_is_not_let_in(gcs: GcsServer, connection: Faulty) -> None:
    gcs.put("b", "a.png", b"12345")
    gcs.forbidden.add("b")
    assert why_unreachable("gs://b") == (
        "may not be read: a@b does not have storage.objects.list access."
    )
    gcs.private = True
    assert why_unreachable("gs://b").startswith("it lets nobody in without credentials")
    assert sum(connection.asked.values()) == 2  # asked again neither time


def test_a_service_account(
    gcs: GcsServer, connection: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
        "client_email": "a@p.example",
        "client_id": "1",
        "token_uri": f"http://127.0.0.1:{gcs.port}/token",
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    gcs.put("b", "a.png", b"12345")
    gcs.private = True
    (entry,) = store_of("gs://b").entries("gs://b")
    assert store_of("gs://b").read(entry, 0, 5) == b"12345"
    assert gcs.tokens == 1
