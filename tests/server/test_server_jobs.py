"""Jobs over HTTP: begun, watched, ended early."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from serving import CHANGE, TOKEN, Serve, ids, refusal
from tidying import JOBS, done, ended

from lookalike import LibraryLockedError
from lookalike.server.answers import ApiError
from lookalike.server.jobs import Job, Jobs


def events(client: httpx.Client, address: str) -> list[tuple[str, dict[str, Any]]]:
    """All events of a job."""
    with client.stream("GET", address) as response:
        assert response.headers["content-type"] == "text/event-stream"
        text = "".join(response.iter_text())
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_a_job_can_be_watched(serve: Serve, own: Path) -> None:
    with serve(own).client() as client:
        begun = client.post(JOBS, json={"what": "duplicates"})
        assert begun.status_code == 202
        job = begun.json()
        assert begun.headers["location"] == job["links"]["self"]
        assert job["state"] in ("waiting", "running", "done")
        told = events(client, job["links"]["events"])
        assert [name for name, _ in told[:-1]] == ["progress"] * (len(told) - 1)
        assert told[-1][0] == "done"
        last = told[-1][1]
        assert last == client.get(job["links"]["self"]).json()
        assert last["result"]["groups"] == 1
        assert last["begun"] <= last["ended"]
        assert events(client, job["links"]["events"]) == [("done", last)]
        assert client.head(job["links"]["events"]).status_code == 200
        assert client.get(JOBS).json()["jobs"][0] == last


def test_the_library_can_be_indexed_where_that_is_allowed(serve: Serve, own: Path) -> None:
    folder = own.parent / "pictures"
    with serve(own).client() as client:
        response = client.post(JOBS, json={"what": "index"})
        assert refusal(response, 403) == "changes_not_allowed"
    with serve(own, token=TOKEN, change_token=CHANGE).client() as client:
        client.headers["authorization"] = f"Bearer {CHANGE}"
        shutil.copyfile(folder / "chelsea.jpg", folder / "chelsea-2.jpg")
        before = set(ids(client))
        result = done(client, client.post(JOBS, json={"what": "index"}))
        assert result["added"] == 1
        assert set(ids(client)) - before == {"chelsea-2.jpg"}
        wrong = client.post(JOBS, json={"what": "index", "folders": [str(own)]})
        failed = ended(client, wrong.json())
        assert (failed["state"], failed["error"]["code"]) == ("failed", "bad_parameter")
        assert "not a folder" in failed["error"]["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"what": "nothing"},
        {"what": "duplicates", "kinds": ["alike"]},
        {"what": "duplicates", "kinds": "edited"},
        {"what": "selftest", "sample": 0},
        {"what": "selftest", "sample": True},
        {"what": "duplicates", "more": 1},
        [],
        "duplicates",
    ],
    ids=str,
)
def test_what_is_asked_is_checked(client: httpx.Client, wrong: object) -> None:
    assert refusal(client.post(JOBS, json=wrong), 400) == "bad_json"


def test_ids_are_checked(client: httpx.Client) -> None:
    for further in ("", "/events"):
        assert refusal(client.get(f"{JOBS}/{'A' * 24}{further}"), 404) == "no_such_job"
    assert refusal(client.delete(f"{JOBS}/{'A' * 24}"), 404) == "no_such_job"


def ending(job: Job) -> None:
    for _ in range(1000):
        if job.ended is not None:
            return
        threading.Event().wait(0.01)
    raise AssertionError(job.state)


def test_one_after_the_other_and_none_twice() -> None:
    jobs, go = Jobs(), threading.Event()
    order: list[str] = []

    def work(job: Job) -> dict[str, object]:
        go.wait(20)
        order.append(job.options["n"])
        return {"n": job.options["n"]}

    first = jobs.add("map", {"n": "1"}, work)
    assert jobs.add("map", {"n": "1"}, work) is first
    second, third = (jobs.add("map", {"n": n}, work) for n in "23")
    jobs.cancel(second)
    assert second.state == "stopped"
    go.set()
    ending(third)
    assert order == ["1", "3"]
    assert (first.state, third.result) == ("done", {"n": "3"})
    assert jobs.add("map", {"n": "1"}, work) is not first
    jobs.close()


def test_what_fails_stops_nothing() -> None:
    jobs = Jobs()

    def raising(error: Exception) -> Job:
        def work(_job: Job) -> dict[str, object]:
            raise error

        job = jobs.add("map", {"error": str(error)}, work)
        ending(job)
        assert job.state == "failed"
        return job

    told = raising(LibraryLockedError("/home/ana/pictures.lookalike is locked"))
    assert told.error is not None
    assert told.error.code == "library_unavailable"
    assert "/home" not in str(told.error)
    surprise = raising(ValueError("/home/ana"))
    assert surprise.error is not None
    assert (surprise.error.code, "/home" in str(surprise.error)) == ("unexpected", False)
    jobs.close()


def test_few_wait_and_the_end_stops_all() -> None:
    jobs, began = Jobs(), threading.Event()

    def work(job: Job) -> dict[str, object]:
        began.set()
        assert job.stop.wait(20)
        return {"so": "far"}

    made = [jobs.add("map", {"n": n}, work) for n in range(9)]
    with pytest.raises(ApiError) as caught:
        jobs.add("map", {"n": 10}, work)
    assert caught.value.status == 503
    assert began.wait(20)
    jobs.close()
    for job in made:
        ending(job)
    assert {job.state for job in made} == {"stopped"}
    assert made[0].result == {"so": "far"}
    with pytest.raises(ApiError):
        jobs.add("map", {"n": 11}, work)


def test_the_server_answers_while_it_indexes(serve: Serve, own: Path, query: bytes) -> None:
    folder = own.parent / "pictures"
    with Image.open(folder / "coins.jpg") as opened:
        picture = opened.convert("RGB")
    for number in range(40):
        picture.rotate(3 * number).save(folder / f"coins-{number}.jpg")
    with serve(own, token=TOKEN, change_token=CHANGE).client() as client:
        client.headers["authorization"] = f"Bearer {CHANGE}"
        job = client.post(JOBS, json={"what": "index"}).json()
        answered = 0
        while client.get(job["links"]["self"]).json()["state"] in ("waiting", "running"):
            assert client.post("/api/v1/search?k=3", content=query).status_code == 200
            assert client.get("/api/v1/pictures?order=-size").status_code == 200
            assert client.get("/api/v1/status").status_code == 200
            answered += 1
        assert ended(client, job)["result"]["added"] >= 40
        assert answered
