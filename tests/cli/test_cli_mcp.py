"""``lookalike mcp``, asked by the reference client of the ``mcp`` package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image, ImageOps

from lookalike import Library

pytest.importorskip("mcp", reason="needs mcp: pip install mcp")

from mcp import Client, StdioServerParameters

MOST = 120  # seconds


@pytest.fixture(scope="module")
def library(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of ``pictures/``, with a copy in it; and beside it a picture to ask with."""
    root = tmp_path_factory.mktemp("mcp")
    shutil.copytree(original_photos, root / "pictures", copy_function=shutil.copyfile)
    shutil.copyfile(root / "pictures" / "chelsea.jpg", root / "pictures" / "twin.jpg")
    with Image.open(root / "pictures" / "coffee.jpg") as picture:
        ImageOps.mirror(picture).resize((300, 200)).save(root / "asked.jpg", quality=60)
    Image.effect_noise((200, 200), 80).save(root / "new.png")
    with Library.open(root / "l.lookalike", workers=1) as opened:
        opened.index(root / "pictures")
    return root / "l.lookalike"


@asynccontextmanager
async def connected(library: Path) -> AsyncIterator[Client]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "lookalike", "mcp", "--library", str(library)],
        env=dict(os.environ),
    )
    async with Client(server, read_timeout_seconds=MOST) as client:
        yield client


async def asked(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def test_every_question(library: Path) -> None:
    root = library.parent
    before = {path: path.read_bytes() for path in root.iterdir() if path.is_file()}

    async def ask() -> None:
        async with connected(library) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == {
                "search", "compare", "check", "duplicates", "status",
            }  # fmt: skip
            for tool in tools:
                assert tool.description
                assert tool.annotations is not None
                assert tool.annotations.read_only_hint is True

            found = await asked(client, "search", picture=str(root / "asked.jpg"), k=5)
            best = found["hits"][0]
            assert (Path(best["path"]).name, best["kind"]) == ("coffee.jpg", "edited")
            assert "mirror" in {edit["name"] for edit in best["edits"]}
            assert "mirror" in best["in_words"]
            assert best["meaning"] == "one is an edited copy of the other"
            assert best["how_known"].startswith("small pictures of both were compared")
            assert found["searched"] == 8
            few = await asked(client, "search", picture=str(root / "asked.jpg"), kinds="same-bytes")
            assert few["hits"] == []

            pair = {"a": str(root / "asked.jpg"), "b": str(root / "pictures" / "coffee.jpg")}
            compared = await asked(client, "compare", **pair)
            assert compared["kind"] == "edited"
            assert compared["chance"] is not None

            paths = [str(root / "asked.jpg"), str(root / "new.png"), str(library)]
            checked = await asked(client, "check", pictures=paths)
            assert [one.get("in_library") for one in checked["pictures"]] == [True, False, None]
            assert checked["pictures"][2]["error"]
            assert checked["in_library"] == 1
            checked = await asked(client, "check", pictures=["gone.jpg", *paths])
            assert [one.get("in_library") for one in checked["pictures"]][1:3] == [True, False]
            assert checked["pictures"][0]["picture"] == "gone.jpg"
            assert "is no file" in checked["pictures"][0]["error"]
            checked = await asked(client, "check", pictures=["gone.jpg"])
            assert checked["in_library"] == 0

            groups = await asked(client, "duplicates")
            (group,) = groups["groups"]
            names = {Path(p["path"]).name for p in (group["keep"], *group["members"])}
            assert names == {"chelsea.jpg", "twin.jpg"}
            assert group["kind"] == "same-bytes"

            status = await asked(client, "status")
            assert status["pictures"] == 9
            assert status["folders"][0]["path"] == str(root / "pictures")

            for name, wrong, told in (
                ("search", {"picture": "nowhere.jpg"}, "is no file"),
                ("search", {"picture": str(library)}, "not a picture"),
                ("search", {"picture": str(root / "new.png"), "k": 0}, "k is 1 to 200"),
                ("duplicates", {"kinds": "alike"}, "a kind is one of"),
                ("check", {"pictures": []}, "give 1 to 200"),
            ):
                result = await client.call_tool(name, wrong)
                assert result.is_error
                (content,) = result.content
                text = getattr(content, "text", "")
                assert told in text
                assert "\n" not in text
                assert "Traceback" not in text

    anyio.run(ask)
    assert {path: path.read_bytes() for path in before} == before


def test_without_a_library(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lookalike", "mcp", "--library", str(tmp_path / "none.lookalike")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MOST,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("lookalike: ")
    assert done.stderr.count("\n") == 1
