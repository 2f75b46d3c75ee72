"""Pictures over HTTP: lists, details, thumbnails, files."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from PIL import Image
from serving import AWKWARD, RAW_BYTES, Serve, ids, refusal

from lookalike import Library

PICTURES = "/api/v1/pictures"


def test_pages_give_every_picture_once(client: httpx.Client, filled: Path) -> None:
    for order in ("oldest", "newest"):
        seen: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = client.get(PICTURES, params={"limit": 4, "order": order, **after}).json()
            seen += [entry["path"] for entry in page["pictures"]]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        expected = sorted(os.fsencode(p) for p in (filled.parent / "pictures").iterdir())
        assert [os.fsencode(path) for path in seen] == (
            expected if order == "oldest" else expected[::-1]
        )


@pytest.mark.parametrize("wrong", ["limit=0", "limit=1001", "order=name", "after=x", "k=1"])
def test_parameters_are_checked(client: httpx.Client, wrong: str) -> None:
    assert refusal(client.get(f"{PICTURES}?{wrong}"), 400) == "bad_parameter"


def test_details(client: httpx.Client, filled: Path) -> None:
    known = ids(client)
    told = client.get(f"{PICTURES}/{known['chelsea.jpg']}").json()
    path = filled.parent / "pictures" / "chelsea.jpg"
    assert told["path"] == str(path)
    assert (told["width"], told["height"], told["format"]) == (451, 300, "JPEG")
    assert told["bytes"] == path.stat().st_size
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told["copies"] == [known["twin.jpg"]]
    assert told["unchanged"] is True
    assert told["modified"].endswith("Z")


def test_ids_tell_nothing_and_stay(client: httpx.Client, serve: Serve, filled: Path) -> None:
    known = ids(client)
    assert all(len(sealed) == 24 for sealed in known.values())
    with serve(filled).client() as again:
        assert ids(again) == known


@pytest.mark.parametrize(
    "wrong",
    [
        "1",
        "x" * 24,
        "A" * 23,
        "A" * 25,
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "%00",
        "AAAAAAAAAAAAAAAAAAAAAAA%0a",
        "%C3%A9" * 12,
    ],
)
def test_ids_are_checked(client: httpx.Client, wrong: str) -> None:
    for further in ("", "/similar", "/thumbnail", "/original"):
        assert refusal(client.get(f"{PICTURES}/{wrong}{further}"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/../../etc/passwd",
        "/pictures/../../etc/passwd",
        "/static/",
        "/api/v1/pictures/",
        "/api/v2/pictures",
        "/nothing",
    ],
)
def test_paths_lead_nowhere(server_port: int, path: str) -> None:
    import http.client

    line = http.client.HTTPConnection("127.0.0.1", server_port, timeout=30)
    line.request("GET", path)  # as it is: httpx would tidy it up
    response = line.getresponse()
    body = response.read()
    line.close()
    assert response.status == 404
    assert b'"not_found"' in body


@pytest.fixture
def server_port(client: httpx.Client) -> int:
    port = client.base_url.port
    assert port is not None
    return port


@pytest.mark.parametrize("size", [128, 256, 512])
def test_thumbnails(client: httpx.Client, size: int) -> None:
    for name, sealed in ids(client).items():
        response = client.get(f"{PICTURES}/{sealed}/thumbnail", params={"size": size})
        assert response.headers["content-type"] == "image/jpeg", name
        small = Image.open(io.BytesIO(response.content))
        assert small.format == "JPEG"
        assert max(small.size) <= size
        assert not small.getexif()


def test_thumbnails_can_be_kept(client: httpx.Client) -> None:
    sealed = ids(client)["coins.jpg"]
    first = client.get(f"{PICTURES}/{sealed}/thumbnail")
    tag = first.headers["etag"]
    again = client.get(f"{PICTURES}/{sealed}/thumbnail", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"{PICTURES}/{sealed}/thumbnail?size=128", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_thumbnails_have_few_sizes(client: httpx.Client) -> None:
    sealed = ids(client)["coins.jpg"]
    for size in ("1", "5000", "x"):
        response = client.get(f"{PICTURES}/{sealed}/thumbnail?size={size}")
        assert refusal(response, 400) == "bad_parameter"


def test_files_are_given_byte_for_byte(client: httpx.Client, filled: Path) -> None:
    types = {".jpg": "image/jpeg", ".png": "image/png"}
    for name, sealed in ids(client).items():
        response = client.get(f"{PICTURES}/{sealed}/original")
        path = filled.parent / "pictures" / name
        assert response.content == path.read_bytes()
        shown = types.get(path.suffix)
        assert response.headers["content-type"] == (shown or "application/octet-stream")
        how, _, quoted = response.headers["content-disposition"].partition("; filename*=UTF-8''")
        assert how == ("attachment" if shown is None else "inline")
        if name != RAW_BYTES:
            assert unquote(quoted) == name
        assert "sandbox" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        asked = client.get(f"{PICTURES}/{sealed}/original?download=true")
        assert asked.headers["content-disposition"].startswith("attachment")


def test_files_can_be_kept(client: httpx.Client) -> None:
    path = f"{PICTURES}/{ids(client)['coins.jpg']}/original"
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")


def test_awkward_names_go_through_as_json(client: httpx.Client) -> None:
    known = ids(client)
    assert AWKWARD in known
    if RAW_BYTES in known:
        response = client.get(f"{PICTURES}/{known[RAW_BYTES]}")
        assert "caf\\udce9.jpg" in response.text
        assert os.fsencode(response.json()["name"]) == b"caf\xe9.jpg"


def files_of(client: httpx.Client, sealed: str) -> list[httpx.Response]:
    """All answers that need the file itself, where no preview is kept."""
    return [
        client.get(f"{PICTURES}/{sealed}/{further}")
        for further in ("original", "thumbnail?size=512")
    ]


def test_only_what_was_indexed_is_given(serve: Serve, own: Path) -> None:
    """A file that was changed, deleted or exchanged is not, whatever its name, size and time."""
    with Library.open(own, workers=1) as library:
        library.index(previews=False)
    with serve(own).client() as client:
        known = ids(client)
        folder = own.parent / "pictures"
        cat, sealed = folder / "chelsea.jpg", known["chelsea.jpg"]
        assert all(r.status_code == 200 for r in files_of(client, sealed))
        before = cat.stat()
        good = cat.read_bytes()

        secret = own.parent / "secret.jpg"
        shutil.copyfile(folder / "rocket.jpg", secret)
        cat.unlink()
        cat.symlink_to(secret)
        for response in files_of(client, sealed):
            assert refusal(response, 410) == "picture_changed"
        assert client.get(f"{PICTURES}/{sealed}").json()["unchanged"] is False

        # The same size and time, and a picture: only its bytes tell.
        cat.unlink()
        assert good[6:11] == b"JFIF\0"
        cat.write_bytes(good[:14] + b"\x01\x23" + good[16:])  # says another density
        os.utime(cat, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert client.get(f"{PICTURES}/{sealed}").json()["unchanged"] is True
        for further in ("original", "thumbnail?size=1024"):
            assert refusal(client.get(f"{PICTURES}/{sealed}/{further}"), 410) == "picture_changed"

        cat.unlink()
        for response in files_of(client, sealed):
            assert refusal(response, 410) == "picture_changed"
        if hasattr(os, "mkfifo"):
            os.mkfifo(cat)  # opening it would block for ever
            for response in files_of(client, sealed):
                assert refusal(response, 410) == "picture_changed"
            cat.unlink()
        cat.mkdir()
        for response in files_of(client, sealed):
            assert refusal(response, 410) == "picture_changed"
        # Nothing of it hurt the others.
        assert all(r.status_code == 200 for r in files_of(client, known["coins.jpg"]))


def test_what_is_away_can_still_be_seen_and_asked(serve: Serve, own: Path) -> None:
    """As while a disk is unplugged: nothing needs the file but the file itself."""
    folder = own.parent / "pictures"
    with serve(own).client() as client:
        sealed = ids(client)["chelsea.jpg"]
        here = f"{PICTURES}/{sealed}"
        before = client.get(f"{here}/similar?k=5&all=true").json()
        assert client.get(here).json()["away"] is False
        large = client.get(f"{here}/thumbnail?size=512")
        folder.rename(own.parent / "unplugged")
        assert client.get(here).json()["away"] is True
        assert {p["away"] for p in client.get(PICTURES).json()["pictures"]} == {True}
        for size, longer in ((128, 128), (256, 256), (512, 256), (1024, 256)):
            small = client.get(f"{here}/thumbnail?size={size}")
            assert small.headers["content-type"] == "image/jpeg"
            with Image.open(io.BytesIO(small.content)) as image:
                assert max(image.size) == longer
        assert small.headers["etag"] != large.headers["etag"]
        again = client.get(f"{here}/thumbnail", headers={"If-None-Match": small.headers["etag"]})
        assert again.status_code == 304
        assert refusal(client.get(f"{here}/original"), 410) == "picture_changed"
        # Another search than before, and not what is kept of it.
        found = client.get(f"{here}/similar?k=4&all=true").json()
        assert {hit["away"] for hit in found["hits"]} == {True}
        assert [hit["id"] for hit in found["hits"]] == [hit["id"] for hit in before["hits"][:4]]
        part = client.get(f"{here}/similar?part=0.2,0.1,0.9,0.9&all=true&k=3").json()
        assert part["hits"]
        (own.parent / "unplugged").rename(folder)
        now = client.get(f"{here}/thumbnail?size=512")
        assert now.headers["etag"] == large.headers["etag"]
        with Image.open(io.BytesIO(now.content)) as image:
            assert max(image.size) > 256


def test_some_by_their_ids(client: httpx.Client) -> None:
    known = ids(client)
    wanted = [known["coins.jpg"], "A" * 24, known["chelsea.jpg"]]
    page = client.get("/api/v1/pictures", params={"ids": ",".join(wanted)}).json()
    assert [one["name"] for one in page["pictures"]] == ["coins.jpg", "chelsea.jpg"]
    assert (page["next"], page["total"]) == (None, 2)
    many = {"ids": ",".join(wanted[:1] * 101)}
    assert refusal(client.get("/api/v1/pictures", params=many), 400) == "bad_parameter"
