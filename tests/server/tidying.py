"""What the tests of jobs, duplicates and plans share."""

from __future__ import annotations

import time
from typing import Any

import httpx

JOBS = "/api/v1/jobs"
DUPLICATES = "/api/v1/duplicates"


def ended(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """A job when it has ended."""
    until = time.monotonic() + 120
    while job["state"] in ("waiting", "running"):
        assert time.monotonic() < until, job
        time.sleep(0.05)
        job = client.get(job["links"]["self"]).json()
    return job


def done(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """What came of a job that was begun."""
    assert response.status_code == 202, response.text
    job = ended(client, response.json())
    assert job["state"] == "done", job
    assert job["error"] is None
    result = job["result"]
    assert isinstance(result, dict)
    return result


def find_duplicates(client: httpx.Client, **options: Any) -> dict[str, Any]:
    """Search for duplicates, and give the first page."""
    done(client, client.post(JOBS, json={"what": "duplicates", **options}))
    page = client.get(DUPLICATES).json()
    assert isinstance(page, dict)
    return page
