"""The interface is what its document and docs/rest.md say, endpoint by endpoint."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import CHANGE, TOKEN, Server, ids
from starlette.routing import Route
from tidying import done, find_duplicates

from lookalike.server.about import LEDGER_SHOWN
from lookalike.server.alive import ALIVE
from lookalike.server.endpoints import PREFIX
from lookalike.server.openapi import describe
from lookalike.server.pages import PAGES
from lookalike.server.routes import ENDPOINTS, routes

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rest.md"
DOCUMENT = describe(ENDPOINTS)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_is_in_the_document() -> None:
    served = {
        (method, route.path)
        for route in routes()
        if isinstance(route, Route) and route.path.startswith("/api/")
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == {(method, path) for method, path, _ in operations()}


def test_every_route_is_in_the_documentation() -> None:
    text = PAGE.read_text(encoding="utf-8")
    described = set(re.findall(r"^### `([A-Z]+) (\S+)`$", text, re.MULTILINE))
    assert described == {(method, path) for method, path, _ in operations()}
    for method, path, operation in operations():
        section = text.split(f"### `{method} {path}`\n")[1].split("\n### ")[0].split("\n## ")[0]
        for parameter in operation["parameters"]:
            if parameter["in"] == "query":
                assert f"`{parameter['name']}`" in section, f"{parameter['name']} of {path}"


def test_every_error_code_is_in_the_documentation() -> None:
    package = PAGE.parents[1] / "lookalike" / "server"
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    codes = set(re.findall(r'ApiError\(\s*(?:\d{3}|error\.status_code),\s*"(\w+)"', source))
    assert "too_large" in codes
    text = PAGE.read_text(encoding="utf-8")
    table = set(re.findall(r"^\| \d{3}(?:, \d{3})* \| `(\w+)` \|", text, re.MULTILINE))
    assert table == codes - {"gone"}  # which nobody is there to read


def test_every_page_has_its_twin(server: Server) -> None:
    known = {path for _, path, _ in operations()}
    assert set(PAGES.values()) <= known
    pages = {
        route.path
        for route in routes()
        if not route.path.startswith(("/api/", "/static/")) and route.path not in ALIVE
    }
    assert pages == set(PAGES)
    with server.client() as client:
        for page in PAGES:
            assert client.get(page).headers["content-type"].startswith("text/html")


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names), names


def test_references_lead_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)):
        here: Any = DOCUMENT
        for word in reference.removeprefix("#/").split("/"):
            here = here[word]


def check(value: Any, schema: dict[str, Any], where: str = "answer") -> None:
    """What of JSON Schema the document uses."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        check(value, DOCUMENT["components"]["schemas"][name], where)
        return
    if "type" not in schema:
        return
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "null": type(None),
    }
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert any(isinstance(value, kinds[kind]) for kind in allowed), f"{where}: {value!r}"
    if "enum" in schema:
        assert value in schema["enum"], where
    if "pattern" in schema:
        assert re.fullmatch(schema["pattern"], value), where
    if isinstance(value, list):
        for number, item in enumerate(value):
            check(item, schema["items"], f"{where}[{number}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        further = schema.get("additionalProperties", {})
        assert set(schema.get("required", [])) <= set(value), where
        assert further is not False or set(value) <= set(known), (
            f"{where}: {set(value) - set(known)}"
        )
        for key, item in value.items():
            check(item, known.get(key, further), f"{where}.{key}")


def test_answers_have_the_form_that_the_document_says(
    locked: Server, query: bytes, filled: Path
) -> None:
    with locked.client() as client:
        while client.get("/readyz").status_code != 200:
            pass
        client.headers["authorization"] = f"Bearer {CHANGE}"
        known = ids(client)
        some, other = known["chelsea.jpg"], known["cat.heic"]
        sent = client.post(f"{PREFIX}/queries", content=query).json()["id"]
        done(client, client.post(f"{PREFIX}/jobs", json={"what": "map"}))
        result = find_duplicates(client)
        plan = client.post(f"{PREFIX}/plans", json={}).json()["id"]
        job = client.get(f"{PREFIX}/jobs").json()["jobs"][0]["id"]
        group = {"json": {"group": result["groups"][0]["id"]}}
        pair = {"a": some, "b": other}
        asked: dict[str, dict[str, Any]] = {
            "POST /search": {"content": query},
            "POST /thumbnail": {"content": query},
            "POST /queries": {"content": query},
            "POST /login": {"json": {"token": TOKEN}},
            "GET /text": {"params": {"text": "a cat"}},
            "GET /compare": {"params": pair},
            "GET /compare/drawing": {"params": pair},
            "POST /jobs": {"json": {"what": "duplicates"}},
            "POST /verdicts": {"json": pair},
            "DELETE /verdicts": {"json": pair},
            "POST /settled": group,
            "DELETE /settled": group,
            "POST /plans": {"json": {}},
            "POST /plans/{id}/apply": {"json": {"action": "list"}},
            "POST /undo": {"json": {}},
        }
        sealed = {"queries": sent, "plans": plan, "jobs": job, "pictures": some}
        seen = set()
        # What forgets comes last, and what makes another group of one.
        order = sorted(operations(), key=lambda one: (one[0] == "DELETE", "verdicts" in one[1]))
        for method, path, operation in order:
            short = path.removeprefix(PREFIX)
            address = path.replace("{id}", sealed.get(short.split("/")[1], some))
            response = client.request(method, address, **asked.get(f"{method} {short}", {}))
            if short in ("/selftest", "/text"):  # which takes a minute, or a model that knows texts
                assert response.status_code == 409
                continue
            assert response.is_success, f"{path}: {response.text}"
            answer = operation["responses"][str(response.status_code)]
            for kind, content in answer.get("content", {}).items():
                if kind != "*/*":
                    assert response.headers["content-type"] == kind
                if "schema" in content:
                    check(response.json(), content["schema"], path)
                    seen.add(content["schema"]["$ref"].rpartition("/")[2])
        assert len(seen) > 10
        refused = client.get(f"{PREFIX}/pictures?limit=x")
        check(refused.json(), DOCUMENT["components"]["schemas"]["Error"])
        find_duplicates(client)


def test_a_checker_that_finds_nothing_is_worthless() -> None:
    schema = {"$ref": "#/components/schemas/Health"}
    check({"status": "ok", "ready": True}, schema)
    for wrong in (
        {"status": "ok"},
        {"status": "bad", "ready": True},
        {"status": 1, "ready": 1},
        [],
    ):
        with pytest.raises(AssertionError):
            check(wrong, schema)


def test_the_document_says_how_long_the_ledger_is() -> None:
    told = DOCUMENT["components"]["schemas"]["Status"]["properties"]["ledger"]["description"]
    assert str(LEDGER_SHOWN) in told


@pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are written for bash")
@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are written for curl")
def test_the_examples_run_and_leave_no_endpoint_out(
    locked: Server, query: bytes, tmp_path: Path
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    examples = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    script = "\n".join(examples)
    assert "http://127.0.0.1:5665" in script
    script = script.replace("http://127.0.0.1:5665", locked.url)
    (tmp_path / "query.jpg").write_bytes(query)
    locked.asked.clear()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", 'curl() { command curl --fail "$@"; }\n' + script],
        cwd=tmp_path,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LOOKALIKE_TOKEN": TOKEN,
            "LOOKALIKE_CHANGE_TOKEN": CHANGE,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    asked = set(locked.asked)
    for method, path, _ in operations():
        form = re.escape(path).replace(re.escape("{id}"), "[A-Za-z0-9_-]{24}")
        assert any(m == method and re.fullmatch(form, p) for m, p in asked), f"{method} {path}"
