"""The interface as an OpenAPI document (3.1), made of the table that also makes the routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lookalike import __version__
from lookalike.server import faults, security, uploads
from lookalike.server.endpoints import PREFIX, Endpoint, Query
from lookalike.server.schemas import SCHEMAS
from lookalike.server.uploads import FIELD

__all__ = ["describe"]

_TOLD = {
    206: "The part that the Range header asks for.",
    304: "What the client has is what there is.",
    400: "A parameter, a header or the body is wrong.",
    401: "The token is missing or wrong.",
    403: "A page of another site asks, or a proxy; or the token doesn't allow it.",
    404: "There is no such thing.",
    408: "The body took too long to arrive.",
    409: "Something has to be done before.",
    410: "The file has changed or gone since it was indexed.",
    413: "The body is larger than the limit.",
    416: "The file has no such part.",
    421: "The server is asked by a name that isn't its own.",
    422: "The picture can't be decoded, or is beyond a limit.",
    429: "Too many requests from this client.",
    500: "Something unexpected happened.",
    503: "Too much at once, or the library can't be opened.",
}


def describe(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The document."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(PREFIX + endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lookalike",
            "version": __version__,
            "description": "Reverse image search in a library of pictures.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"cookie": []}, {}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "responses": {"Error": {"description": "What went wrong.", "content": _json("Error")}},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "lookalike"},
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    words = [word for word in endpoint.path.split("/") if word and "{" not in word]
    one = "one" if endpoint.path.endswith("{id}") else ""
    operation: dict[str, Any] = {
        "operationId": "_".join([endpoint.method.lower(), *words, one])
        .strip("_")
        .replace(".", "_"),
        "summary": endpoint.told,
        "parameters": [*_path_parameters(endpoint), *map(_parameter, endpoint.query)],
        "responses": _responses(endpoint),
    }
    if endpoint.public:
        operation["security"] = []
    if endpoint.body == "picture":
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        form = {"type": "object", "properties": {FIELD: file}, "required": [FIELD]}
        operation["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": form}, "image/*": {"schema": file}},
        }
    elif endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(endpoint.body)}
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if "{id}" not in endpoint.path:
        return []
    schema = SCHEMAS["Hit"]["properties"]["id"]
    return [{"name": "id", "in": "path", "required": True, "schema": schema}]


def _parameter(query: Query) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": query.kind}
    if query.default is not None:
        schema["default"] = query.default
    if query.choices:
        schema["enum"] = list(query.choices)
    if query.least is not None and query.most is not None:
        schema |= {"minimum": query.least, "maximum": query.most}
    needed = {"required": True} if query.needed else {}
    told = {"name": query.name, "in": "query", "description": query.told}
    return {**told, **needed, "schema": schema}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": endpoint.told}
    if endpoint.answer in SCHEMAS:
        answer["content"] = _json(endpoint.answer)
    elif endpoint.answer is not None:
        answer["content"] = {endpoint.answer: {}}
    responses: dict[str, Any] = {str(endpoint.status): answer}
    if endpoint.ranged:
        responses["206"] = {**answer, "description": _TOLD[206]}
    if endpoint.tagged:
        responses["304"] = {"description": _TOLD[304]}
    for status in sorted(_wrong(endpoint)):
        responses[str(status)] = {"description": _TOLD[status], "content": _json("Error")}
    return responses


def _wrong(endpoint: Endpoint) -> set[int]:
    """What may go wrong, by the codes of HTTP: on each of the stages that a request passes."""
    wrong = {*security.STATUSES, *endpoint.errors, 500}
    if not endpoint.public:
        wrong |= {401, *faults.STATUSES}
    if "{id}" in endpoint.path:
        wrong.add(404)
    if endpoint.body is not None:
        wrong |= uploads.STATUSES
    if endpoint.body == "picture":
        wrong.add(422)
    return wrong


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
