"""Requests that are made from the OpenAPI document: every answer is one that the document says.

A fixed number of them, always the same ones.
"""

from __future__ import annotations

import copy
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from serving import DOCUMENT, Server, ids

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


def ask(server: Server, operation: Any, some: str, picture: bytes) -> set[int]:
    """The statuses of what the document says of an operation, and of what it doesn't."""
    seen: set[int] = set()
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
                case.path_parameters["id"] = some
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
def some(server: Server) -> str:
    with server.client() as client:
        return ids(client)["chelsea.jpg"]


@pytest.mark.parametrize(
    "operation", operations(DOCUMENT), ids=lambda o: f"{o.method.upper()} {o.path}"
)
def test_answers_are_those_of_the_document(
    server: Server, operation: Any, some: str, query: bytes
) -> None:
    seen = ask(server, operation, some, query)
    assert min(seen) < 300, "nothing that the document says has worked"
    if operation.definition.raw["parameters"]:
        assert max(seen) >= 400, "nothing that the document forbids was refused"


def test_what_the_document_lacks_is_found(server: Server, some: str, query: bytes) -> None:
    lacking = copy.deepcopy(DOCUMENT)
    path = "/api/v1/pictures/{id}"
    lacking["paths"] = {path: lacking["paths"][path]}
    del lacking["paths"][path]["get"]["responses"]["404"]
    (operation,) = operations(lacking)
    with pytest.raises(BaseExceptionGroup) as caught:
        ask(server, operation, some, query)
    assert "Undocumented status code" in str(caught.value.exceptions)
