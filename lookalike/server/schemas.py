"""The forms of what the interface gives and takes, in the words of JSON Schema."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["SCHEMAS"]

_Schema = dict[str, Any]


def _of(kind: str, told: str = "", **further: Any) -> _Schema:
    return {"type": kind, **({"description": told} if told else {}), **further}


def _record(told: str, **properties: _Schema) -> _Schema:
    """An object that has all of these and nothing else."""
    return {
        "type": "object",
        "description": told,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: _Schema, told: str = "") -> _Schema:
    return {"type": "array", "items": items, **({"description": told} if told else {})}


def _see(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_ID = _of("string", "Opaque; stays as long as the file.", pattern="^[A-Za-z0-9_-]{24}$")
_PATH = _of("string", "Absolute. Bytes that aren't UTF-8 are lone surrogates (PEP 383).")
_NAME = _of("string", "The last part of the path.")
_WIDTH = _of("integer", "In pixels, upright.")
_COUNT = _of("integer", minimum=0)
_LINKS = _record(
    "Addresses on this server.",
    self=_of("string"),
    similar=_of("string"),
    thumbnail=_of("string"),
    original=_of("string"),
    page=_of("string"),
)
_PICTURE = {
    "id": _ID,
    "name": _NAME,
    "path": _PATH,
    "width": _WIDTH,
    "height": _WIDTH,
    "format": _of("string", "Such as JPEG; RAW for camera raw."),
    "bytes": _of("integer", "Size of the file."),
    "modified": _of("string", "Time of the file's last change.", format="date-time"),
    "links": _LINKS,
}

SCHEMAS: Final[dict[str, _Schema]] = {
    "Error": _record(
        "Everything that goes wrong.",
        error=_record(
            "What it is.",
            code=_of("string", "For programs: stays the same between versions."),
            message=_of("string", "For people: what is wrong, and what to do."),
        ),
    ),
    "Hit": _record(
        "A picture that was found.",
        id=_ID,
        name=_NAME,
        path=_PATH,
        kind=_of("string", enum=["same-bytes", "same-pixels", "edited", "alike"]),
        code=_of("string", "Which code found it: pdq, or the photo model."),
        distance=_of("integer", "Bits in which the codes differ."),
        bits=_of("integer", "Width of that code."),
        similarity={
            "type": ["number", "null"],
            "description": "Cosine of the embeddings, where they were compared.",
        },
        width=_WIDTH,
        height=_WIDTH,
        part={
            "type": ["array", "null"],
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "description": "Where in it the picture that was asked for is, if it is a detail of "
            "it: left, top, right and bottom as shares of its sides.",
        },
        links=_LINKS,
    ),
    "SearchResult": _record(
        "What a search found.",
        exact=_of("boolean", "Whether nothing nearer can have been missed."),
        hits=_list(_see("Hit"), "Best first."),
        seconds={
            "type": "object",
            "description": "By stage: decode, encode, open, search, total.",
            "additionalProperties": {"type": "number"},
        },
    ),
    "Picture": _record("A picture of the library.", **_PICTURE),
    "PicturePage": _record(
        "Some pictures of the library.",
        pictures=_list(_see("Picture")),
        next={
            "type": ["string", "null"],
            "description": "The 'after' of the next page; null on the last one.",
        },
    ),
    "PictureDetails": _record(
        "All about one picture.",
        **_PICTURE,
        sha256=_of("string", "Of the file, when it was indexed."),
        unchanged=_of("boolean", "Whether the file is there with that size and time."),
        copies=_list(_ID, "Other files with the same bytes."),
    ),
    "Status": _record(
        "What the library holds.",
        version=_of("string", "Of lookalike."),
        pictures=_of("integer", "Files that a search can find."),
        distinct=_of("integer", "Pictures that differ in content among them."),
        missing=_of("integer", "Files that were indexed and are gone."),
        read_only=_of("boolean", "Whether the library can only be read here."),
        codes=_list(
            _record(
                "One code of the library.",
                name=_of("string"),
                bits=_COUNT,
                fingerprint=_of("string", "Of the encoder that made the codes."),
                pictures=_COUNT,
                stale=_of("integer", "Pictures whose code is of another version."),
                index=_of("string", "Which index answers, and why."),
            )
        ),
        folders=_list(
            _record(
                "One folder of the library.",
                path=_PATH,
                online=_of("boolean", "Whether it can be reached now."),
                pictures=_COUNT,
                exclude=_list(_of("string"), "Patterns that leave files out."),
            )
        ),
        skipped=_of("integer", "Files without a code, by policy."),
        failed=_of("integer", "Files that couldn't be read."),
        ledger=_list(
            _record(
                "A file without a code.",
                path=_PATH,
                status=_of("string", enum=["skipped", "failed"]),
                reason=_of("string"),
            ),
            "The first 200 of them.",
        ),
        needs_token=_of("boolean", "Whether this server asks for a token."),
        upload_bytes=_of("integer", "The largest file that can be sent."),
    ),
    "Health": _record(
        "Whether the server answers.",
        status=_of("string", enum=["ok"]),
        ready=_of("boolean", "Whether models and kernels are loaded: the next search is fast."),
    ),
    "Token": _record("What logs in.", token=_of("string")),
}
