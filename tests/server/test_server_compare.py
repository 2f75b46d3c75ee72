"""Two pictures beside each other, over HTTP."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import pytest
from PIL import Image
from serving import AWKWARD, Serve, ids, refusal

from lookalike import compare

COMPARE = "/api/v1/compare"


def test_what_two_pictures_are(client: httpx.Client, filled: Path) -> None:
    known = ids(client)
    pair = {"a": known[AWKWARD], "b": known["chelsea.jpg"]}
    found = client.get(COMPARE, params=pair).json()
    assert (found["a"], found["b"]) == (pair["a"], pair["b"])
    folder = filled.parent / "pictures"
    wanted = compare(folder / AWKWARD, folder / "chelsea.jpg")
    assert found["kind"] == wanted.kind == "edited"
    assert [edit["name"] for edit in found["edits"]] == [edit.name for edit in wanted.edits]
    assert "mirror" in {edit["name"] for edit in found["edits"]}
    assert found["transform"] is not None
    assert found["chance"] is not None
    assert found["previews"] is False
    same = client.get(COMPARE, params={"a": known["twin.jpg"], "b": known["chelsea.jpg"]}).json()
    assert same["kind"] == "same-bytes"


def test_a_query_beside_a_picture(client: httpx.Client, query: bytes) -> None:
    sent = client.post("/api/v1/queries", content=query).json()["id"]
    pair = {"a": sent, "b": ids(client)["chelsea.jpg"]}
    found = client.get(COMPARE, params=pair).json()
    assert found["kind"] == "edited"
    drawn = client.get(f"{COMPARE}/drawing", params=pair)
    assert drawn.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(drawn.content)) as sheet:
        assert sheet.width > sheet.height


def test_previews_are_compared_where_a_file_is_away(serve: Serve, own: Path) -> None:
    with serve(own).client() as client:
        known = ids(client)
        pair = {"a": known["cat.tiff"], "b": known["chelsea.jpg"]}
        before = client.get(COMPARE, params=pair).json()
        (own.parent / "pictures" / "chelsea.jpg").unlink()
        turned = {"a": pair["b"], "b": pair["a"]}
        after = client.get(COMPARE, params=turned).json()
        assert (before["kind"], before["previews"]) == ("same-pixels", False)
        assert (after["kind"], after["previews"]) == ("edited", True)
        assert client.get(f"{COMPARE}/drawing", params=turned).status_code == 200
        alone = {"a": known["chelsea.jpg"], "b": known["chelsea.jpg"]}
        assert client.get(COMPARE, params=alone).json()["kind"] == "same-bytes"


@pytest.mark.parametrize("further", ["", "/drawing"])
def test_parameters_are_checked(client: httpx.Client, further: str) -> None:
    some = ids(client)["coins.jpg"]
    assert refusal(client.get(f"{COMPARE}{further}?a={some}"), 400) == "bad_parameter"
    wrong = {"a": some, "b": "A" * 24}
    assert refusal(client.get(f"{COMPARE}{further}", params=wrong), 404) == "no_such_picture"
