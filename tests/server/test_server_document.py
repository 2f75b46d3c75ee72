"""Requests that are made from the OpenAPI document: every answer is one that the document says.

A fixed number of them, always the same ones.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from serving import DOCUMENT, Server
from tidying import done, find_duplicates

from lookalike.server.uploads import FIELD

schemathesis = pytest.importorskip(
    "schemathesis", reason="needs schemathesis: pip install schemathesis"
)

EXAMPLES = 25  # for each operation

CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]
schemathesis.openapi.media_type("image/*", st.binary(max_size=100))


def operations(document: dict[str, Any]) -> list[Any]:
    found = schemathesis.openapi.from_dict(document).get_all_operations()
    return [operation.ok() for operation in found]


def known(server: Server, path: str, some: str, picture: bytes) -> str:
    """An id that is known at an address."""
    with server.client() as client:
        if path.startswith("/api/v1/queries/"):
            return str(client.post("/api/v1/queries", content=picture).json()["id"])
        if path.startswith("/api/v1/jobs/"):
            return str(client.post("/api/v1/jobs", json={"what": "duplicates"}).json()["id"])
        if path.startswith("/api/v1/plans/"):
            return str(client.post("/api/v1/plans", json={}).json()["id"])
    return some


def put_known(server: Server, operation: Any, body: dict[str, Any], pair: dict[str, str]) -> None:
    """Put what is known into a body: two pictures, and the group that they are in."""
    for name, value in {**pair, "groups": []}.items():
        if name in body:
            body[name] = value
    if operation.path.endswith("/settled"):
        with server.client() as client:
            address = "/api/v1/settled"
            known = {"json": {"group": pair["group"]}}
            client.request("POST" if operation.method == "delete" else "DELETE", address, **known)


def ask(server: Server, operation: Any, pair: dict[str, str], picture: bytes) -> set[int]:
    """The statuses of what the document says of an operation, and of what it doesn't."""
    seen: set[int] = set()
    some = pair["a"]
    modes = schemathesis.GenerationMode

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(st.data())
    def once(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([modes.POSITIVE, modes.NEGATIVE]))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode == modes.POSITIVE:  # with what nobody hits upon by chance
            if "id" in case.path_parameters:
                case.path_parameters["id"] = known(server, operation.path, some, picture)
            if operation.path == "/api/v1/jobs":  # the others may take long
                case.body = {"what": "duplicates"}
            elif isinstance(case.body, dict):
                put_known(server, operation, case.body, pair)
            for name in ("a", "b"):
                if name in case.query:
                    case.query[name] = some
            if case.media_type == "image/*":
                case.body = picture
            elif case.media_type == "multipart/form-data":
                case.body = {FIELD: picture}
        response = case.call(base_url=server.url)
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    once()
    return seen


@pytest.fixture
def pair(server: Server) -> Iterator[dict[str, str]]:
    """Two pictures and the group that they are in; what is decided about them is taken back."""
    with server.client() as client:
        if client.get("/api/v1/map").status_code == 409:
            done(client, client.post("/api/v1/jobs", json={"what": "map"}))
        group = find_duplicates(client)["groups"][0]
        found = {"a": group["keep"]["id"], "b": group["members"][-1]["id"], "group": group["id"]}
        yield found
        client.request("DELETE", "/api/v1/verdicts", json={"a": found["a"], "b": found["b"]})
        client.request("DELETE", "/api/v1/settled", json={"group": found["group"]})


@pytest.mark.parametrize(
    "operation", operations(DOCUMENT), ids=lambda o: f"{o.method.upper()} {o.path}"
)
def test_answers_are_those_of_the_document(
    server: Server, operation: Any, pair: dict[str, str], query: bytes
) -> None:
    seen = ask(server, operation, pair, query)
    if operation.path.endswith(("/apply", "/undo")):  # which this server may not
        assert 403 in seen
        return
    if operation.path.endswith(("/selftest", "/text")):  # a minute, or a model that knows texts
        assert 409 in seen
        return
    assert min(seen) < 300, "nothing that the document says has worked"
    if operation.definition.raw["parameters"]:
        assert max(seen) >= 400, "nothing that the document forbids was refused"


def test_what_the_document_lacks_is_found(
    server: Server, pair: dict[str, str], query: bytes
) -> None:
    lacking = copy.deepcopy(DOCUMENT)
    path = "/api/v1/pictures/{id}"
    lacking["paths"] = {path: lacking["paths"][path]}
    del lacking["paths"][path]["get"]["responses"]["404"]
    (operation,) = operations(lacking)
    with pytest.raises(BaseExceptionGroup) as caught:
        ask(server, operation, pair, query)
    assert "Undocumented status code" in str(caught.value.exceptions)
