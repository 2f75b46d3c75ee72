"""Every status that the server may answer is in the document, stage by stage."""

from __future__ import annotations

import ast
import socket
from pathlib import Path

import pytest
from serving import DOCUMENT, Serve, Server, statuses

import lookalike.server
from lookalike.server import faults, security, uploads
from lookalike.server.endpoints import PREFIX
from lookalike.server.routes import ENDPOINTS, public_paths

PACKAGE = Path(lookalike.server.__file__).parent


def raised(name: str) -> set[int]:
    """The statuses of the errors that a module makes."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "ApiError"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, int)
    }


# What a stage answers is what its constant says; the last ones are in no address of the document:
# nothing is there, or not by that method; nobody is there to read; or it isn't HTTP.
STAGES = {
    "security": security.STATUSES | {401},
    "rates": security.STATUSES,
    "places": security.STATUSES,
    "protocol": {400, 408},
    "uploads": uploads.STATUSES,
    "shelf": faults.STATUSES,
    "endpoints": {400},
    "faults": faults.STATUSES | {422, 500} | {404, 405, 409},
    "about": {400, 401},
    "fitting": {400},
    "files": {410},
    "pictures": {400},
    "queries": {404},
    "given": {400},
    "groups": {400, 409},
    "lists": {400, 409},
    "maps": {409},
    "deciding": {400},
    "planning": {400, 404, 503},
    "plans": {404},
    "working": {400},
    "jobs": {404, 503, 500},
    "tasks": {400},
    "scopes": {403},
    "searches": {400},
    "subjects": {400, 404},
    "ranges": {416},
    "alive": {503},
    "pixels": {422},
}


def test_every_stage_says_what_it_answers() -> None:
    making = {path.stem for path in PACKAGE.glob("*.py") if raised(path.stem)}
    assert making == set(STAGES)
    for name, known in STAGES.items():
        assert raised(name) <= known, name
    assert raised("uploads") == uploads.STATUSES
    guarding = raised("security") | raised("rates") | raised("places")
    assert guarding == security.STATUSES | {401}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.path}")
def test_every_address_may_answer_what_any_may(endpoint: object) -> None:
    assert hasattr(endpoint, "method")
    assert hasattr(endpoint, "path")
    path = PREFIX + endpoint.path.replace("{id}", "A" * 24)
    known = statuses(endpoint.method, path)
    assert known is not None
    assert known >= {400, 403, 421, 429, 500, 503}
    assert (401 in known) == (path not in public_paths() or path.endswith("/login"))
    assert (404 in known) == ("{id}" in endpoint.path or 404 in endpoint.errors)


def test_errors_of_the_document_have_the_one_form() -> None:
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                assert answer["description"]
                if int(status) >= 400:
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith("/Error")
            assert operation["responses"].get("304", {}).get("content") is None


def test_what_a_client_has_is_not_sent_again(server: Server) -> None:
    with server.client() as client:
        picture = client.get(f"{PREFIX}/pictures?limit=1").json()["pictures"][0]
        for name in ("thumbnail", "original"):
            link = picture["links"][name]
            tag = client.get(link).headers["etag"]
            assert client.get(link, headers={"If-None-Match": tag}).status_code == 304
            assert 304 in (statuses("GET", link) or ())
        assert 304 not in (statuses("GET", f"{PREFIX}/pictures") or ())


def test_a_login_that_does_not_come(serve: Serve, filled: Path) -> None:
    started = serve(filled, upload_seconds=0.2)
    head = f"POST {PREFIX}/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection(("127.0.0.1", started.port), timeout=30) as line:
        line.sendall(head.encode())
        assert line.recv(100).startswith(b"HTTP/1.1 408 ")
