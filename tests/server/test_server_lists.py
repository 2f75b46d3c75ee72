"""The library in any order, by month and folder, and what isn't in it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from serving import Serve, Server, refusal, running
from tidying import JOBS, done, ended

from lookalike import Library
from lookalike.library.list_store import ORDERS
from lookalike.server.settings import Settings

API = "/api/v1"
TIMES = {"chelsea": "2019:06:01 12:34:56", "coffee": "2019:06:30 00:00:00", "rocket": "2021:01:01"}


@pytest.fixture(scope="module")
def dated(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of ``all/``, some of it with a date, some in folders, and two broken files."""
    root = tmp_path_factory.mktemp("dated")
    folder = root / "all"
    (folder / "sub" / "deep").mkdir(parents=True)
    for number, path in enumerate(sorted(original_photos.iterdir())):
        name = path.stem
        place = (folder, folder / "sub", folder / "sub" / "deep")[number % 3]
        if name not in TIMES:
            shutil.copyfile(path, place / path.name)
            continue
        block = Image.Exif()
        block.get_ifd(0x8769)[0x9003] = f"{TIMES[name]} 00:00:00"[:19]
        with Image.open(path) as picture:
            picture.save(place / path.name, quality=90, exif=block)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0broken")
    (folder / "words.jpg").write_text("no picture")
    with Library.open(root / "l.lookalike", workers=1) as library:
        library.index(folder)
    return root / "l.lookalike"


@pytest.fixture(scope="module")
def there(dated: Path) -> Iterator[Server]:
    with running(dated, Settings(rate=0, workers=1)) as started:
        yield started


@pytest.fixture
def client(there: Server) -> Iterator[httpx.Client]:
    with there.client() as opened:
        yield opened


def listed(client: httpx.Client, **asked: Any) -> list[dict[str, Any]]:
    """All pictures of a list, page by page."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = client.get(f"{API}/pictures", params={"limit": 3, **asked, **after}).json()
        found += page["pictures"]
        assert page["total"] >= len(found)
        if page["next"] is None:
            assert page["total"] == len(found) + asked.get("skip", 0)
            return found
        after = {"after": page["next"]}
        asked = {name: value for name, value in asked.items() if name != "skip"}


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_gives_every_picture_once(client: httpx.Client, order: str) -> None:
    found = listed(client, order=order)
    assert len({picture["id"] for picture in found}) == len(found) == 8
    values: dict[str, list[Any]] = {
        "path": [picture["path"] for picture in found],
        "size": [picture["bytes"] for picture in found],
        "taken": [picture["taken"] for picture in found if picture["taken"]],
    }
    for name, seen in values.items():
        if name in order:
            assert seen == sorted(seen, reverse=order[0] == "-")
    if "taken" in order:
        assert [bool(picture["taken"]) for picture in found] == [True] * 3 + [False] * 5


def test_one_can_go_to_the_middle(client: httpx.Client) -> None:
    whole = [picture["id"] for picture in listed(client, order="-taken")]
    for skip in (0, 3, 8, 50):
        page = client.get(
            f"{API}/pictures", params={"order": "-taken", "skip": skip, "limit": 2}
        ).json()
        assert [picture["id"] for picture in page["pictures"]] == whole[skip : skip + 2]
        assert page["total"] == 8
    behind = {"order": "-taken", "after": whole[1], "skip": 2, "limit": 1}
    page = client.get(f"{API}/pictures", params=behind).json()
    assert [picture["id"] for picture in page["pictures"]] == [whole[4]]
    png = {"order": "path", "format": "png", "after": whole[0]}
    assert refusal(client.get(f"{API}/pictures", params=png), 400) == "bad_parameter"


def test_months(client: httpx.Client, dated: Path) -> None:
    found = client.get(f"{API}/timeline").json()
    assert found["months"] == [
        {"month": "2021-01", "pictures": 1, "skip": 0},
        {"month": "2019-06", "pictures": 2, "skip": 1},
    ]
    assert (found["undated"], found["total"]) == (5, 8)
    page = client.get(f"{API}/pictures", params={"order": "-taken", "skip": 1, "limit": 1}).json()
    assert page["pictures"][0]["taken"].startswith("2019-06-30")
    only = client.get(f"{API}/timeline", params={"taken": "2019"}).json()
    assert (len(only["months"]), only["total"]) == (1, 2)


def test_folders(client: httpx.Client, dated: Path) -> None:
    root = str(dated.parent / "all")
    (top,) = client.get(f"{API}/folders").json()["folders"]
    assert (top["path"], top["pictures"], top["folders"]) == (root, 8, 1)
    assert top["offline"] is False
    below = client.get(f"{API}/folders", params={"under": root}).json()
    assert below["here"] == 3
    assert [(f["name"], f["pictures"], f["folders"]) for f in below["folders"]] == [("sub", 5, 1)]
    deep = client.get(f"{API}/folders", params={"under": f"{root}/sub"}).json()
    assert [(f["name"], f["pictures"], f["folders"]) for f in deep["folders"]] == [("deep", 2, 0)]
    none = client.get(f"{API}/folders", params={"under": "/nowhere"}).json()
    assert none == {"folders": [], "here": 0}
    dates = client.get(f"{API}/folders", params={"taken": "2021"}).json()
    assert dates["folders"][0]["pictures"] == 1


def test_the_ledger_by_what_is_the_matter(client: httpx.Client) -> None:
    page = client.get(f"{API}/ledger").json()
    names = {group["name"]: group["files"] for group in page["groups"]}
    assert sum(names.values()) == page["total"] == len(page["files"]) == 2
    assert all(group["advice"] for group in page["groups"])
    for name, files in names.items():
        some = client.get(f"{API}/ledger", params={"group": name}).json()
        assert some["total"] == files
        assert {one["group"] for one in some["files"]} == {name}
    first = client.get(f"{API}/ledger", params={"limit": 1}).json()
    rest = client.get(f"{API}/ledger", params={"limit": 1, "after": first["next"]}).json()
    assert [*first["files"], *rest["files"]] == page["files"]
    assert refusal(client.get(f"{API}/ledger?group=access"), 400) == "bad_parameter"


def test_the_self_test(serve: Serve, dated: Path) -> None:
    """Ended early: all of it takes a minute."""
    with serve(dated).client() as client:
        assert refusal(client.get(f"{API}/selftest"), 409) == "not_computed"
        job = client.post(JOBS, json={"what": "selftest", "sample": 4}).json()
        while not client.get(job["links"]["self"]).json()["progress"]["done"]:
            time.sleep(0.05)
        client.delete(job["links"]["self"])
        job = ended(client, job)
        assert (job["state"], job["error"]) == ("stopped", None)
        found = client.get(f"{API}/selftest").json()
        assert (found["stale"], found["result"]["interrupted"]) == (False, True)
        assert found["result"]["advice"] == job["result"]["advice"]
        assert "library" not in found["result"]


def test_the_map_is_made_once_and_kept(serve: Serve, dated: Path, tmp_path: Path) -> None:
    library = tmp_path / "l.lookalike"
    shutil.copyfile(dated, library)
    with serve(library).client() as client:
        assert refusal(client.get(f"{API}/map"), 409) == "not_computed"
        assert done(client, client.post(JOBS, json={"what": "map"})) == {"pictures": 8}
        first = client.get(f"{API}/map").json()
        assert {point["id"] for point in first["points"]} == {p["id"] for p in listed(client)}
        places = np.array([[point["x"], point["y"]] for point in first["points"]])
        assert 0 <= places.min() <= places.max() <= 65_535
        assert first["stale"] is False
    with serve(library).client() as client:
        assert client.get(f"{API}/map").json() == first
        with Library.open(library, workers=1) as opened:
            gone = dated.parent / "all" / "sub" / "deep"
            kept = tmp_path / "kept"
            gone.rename(kept)
            try:
                opened.index(dated.parent / "all", gone=True)
            finally:
                kept.rename(gone)
        left = client.get(f"{API}/map").json()
        assert (len(left["points"]), left["stale"]) == (6, True)
    kept = tmp_path / "l.lookalike-cache" / "map.npz"
    kept.write_bytes(b"damaged")
    with serve(library).client() as client:
        assert refusal(client.get(f"{API}/map"), 409) == "not_computed"
