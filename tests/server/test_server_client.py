"""The client, asking a real server; its records are those of the document."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from serving import DOCUMENT, TOKEN, Server

from lookalike import ServerError, UsageError
from lookalike.client import Client, Hit, Hits, Job, Picture, SentPicture

SCHEMAS = DOCUMENT["components"]["schemas"]


@pytest.fixture
def asking(locked: Server) -> Iterator[Client]:
    with Client(locked.url, TOKEN) as opened:
        yield opened


@pytest.mark.parametrize(
    ("record", "schema"),
    [
        (Hit, "Hit"),
        (Hits, "SearchResult"),
        (Picture, "Picture"),
        (SentPicture, "QueryRecord"),
        (Job, "JobRecord"),
    ],
)
def test_records_have_the_fields_of_the_document(record: type, schema: str) -> None:
    wanted = {field.name for field in dataclasses.fields(record)}
    known = set(SCHEMAS[schema]["properties"])
    assert wanted <= known
    if record in (Hit, Hits, Picture):
        assert known - wanted <= {"links"}


def test_searching(asking: Client, query: bytes, filled: Path) -> None:
    found = asking.search(query, 5, code="pdq")
    assert len(found.hits) == 5
    assert found.hits[0].kind == "edited"
    sent = asking.send(query)
    assert asking.similar(sent, 5, code="pdq").hits == found.hits
    assert asking.similar(sent.id, 5, code="pdq").hits == found.hits
    more = asking.similar(sent, 3, all=True)
    rest = asking.similar(sent, 3, all=True, after=more.next)
    assert not {hit.id for hit in more.hits} & {hit.id for hit in rest.hits}
    cat = next(one for one in asking.pictures(order="path") if one.name == "chelsea.jpg")
    by_file = asking.search(filled.parent / "pictures" / "chelsea.jpg", 1)
    assert by_file.hits[0].kind == "same-bytes"
    for picture in (cat, cat.id):
        hits = asking.similar(picture, look=False, more=[sent.id]).hits
        assert cat.id not in {hit.id for hit in hits}
    assert asking.compare(cat.id, sent.id)["kind"] == "edited"


def test_the_library(asking: Client, filled: Path) -> None:
    every = list(asking.pictures(order="-size", limit=5))
    assert len(every) == len({one.id for one in every}) == asking.status()["pictures"]
    assert [one.bytes for one in every] == sorted((one.bytes for one in every), reverse=True)
    with Image.open(io.BytesIO(asking.thumbnail(every[0].id, 128))) as small:
        assert max(small.size) == 128
    path = filled.parent / "pictures" / every[0].name
    assert asking.original(every[0].id) == path.read_bytes()


def test_jobs(asking: Client) -> None:
    states: list[str] = []
    job = asking.begin("duplicates", kinds=["same-bytes", "same-pixels", "edited"])
    ended = asking.wait(job, lambda now: states.append(now.state))
    assert (ended.state, ended.has_ended, ended.error) == ("done", True, None)
    assert states[-1] == "done"
    (group,) = asking.duplicates(sort="path")
    assert group["keep"]["links"]
    assert {member["kind"] for member in group["members"]} >= {"edited"}


def test_what_goes_wrong(asking: Client, locked: Server, tmp_path: Path) -> None:
    for wrong, code in ((b"no picture", "picture_unusable"), (b"", "no_picture")):
        with pytest.raises(ServerError) as caught:
            asking.search(wrong)
        assert caught.value.code == code
    for ask in (
        lambda: asking.similar("A" * 24),
        lambda: asking.thumbnail("../../status"),
        lambda: asking.wait(Job("A" * 24, "map", "running", {}, None, None)),
    ):
        with pytest.raises(ServerError) as caught:
            ask()
        assert caught.value.status == 404
    with pytest.raises(ServerError, match="k is a number"):
        asking.similar("A" * 24, 0)
    with pytest.raises(UsageError, match="can't be read"):
        asking.search(tmp_path / "none.jpg")
    with pytest.raises(ServerError) as caught, Client(locked.url, "a wrong token, and long") as bad:
        bad.status()
    assert caught.value.code == "token_required"
    with pytest.raises(ServerError) as caught, Client("http://127.0.0.1:9", TOKEN) as nobody:
        nobody.status()
    assert (caught.value.code, caught.value.status) == ("unreached", 0)
    assert "\n" not in str(caught.value)
