"""What holds of the rows of a library beyond what SQLite itself sees to.

Each rule says which rows break it, as a condition, so that a check counts them and a repair leaves
them out.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from lookalike.errors import LookalikeError
from lookalike.library.checking import code_fault
from lookalike.library.local import schema
from lookalike.library.local.shape import Table, tables_of

__all__ = ["INDEXED_ANEW", "Rule", "add_functions", "notes_of", "rules_of"]

INDEXED_ANEW = "--repair leaves them out, and the next index makes them anew"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that holds of the rows of a table.

    Attributes:
        table: its name.
        broken: an SQL condition, true of rows that break it.
        what: is wrong with those.
        remedy: what helps.
        clear: columns that a repair empties, instead of leaving out the row.
    """

    table: str
    broken: str
    what: str
    remedy: str = INDEXED_ANEW
    clear: tuple[str, ...] = ()


_CODE = (
    "code_fault((SELECT bits FROM encoders WHERE id = encoder),"
    " (SELECT embedding_size FROM encoders WHERE id = encoder), code, embedding, quality, parts,"
    " views)"
)
# Each file has a first picture, and no hole among the others.
_WHOLE = "SELECT file FROM pictures GROUP BY file HAVING count(*) = max(position) + 1"
_WAITING = (
    "CASE WHEN json_valid(members) THEN EXISTS (SELECT 1 FROM json_each(members) AS member"
    " WHERE coalesce(json_extract(member.value, '$[1]'), 0) NOT IN (SELECT id FROM contents))"
    " ELSE 1 END"
)
_SETTLED = (
    "CASE WHEN json_valid(members) THEN EXISTS (SELECT 1 FROM json_each(members) AS member"
    " WHERE NOT coalesce(is_key(json_extract(member.value, '$[0]')), 0)"
    " OR coalesce(json_type(member.value, '$[1]'), '') <> 'integer') ELSE 1 END"
)

_RULES = (
    Rule(
        "encoders",
        "slot NOT IN ('pdq', 'photo') OR bits NOT BETWEEN 1 AND 4096 OR embedding_size < 0"
        " OR current NOT IN (0, 1)",
        "encoders of another kind than there are",
        "--repair leaves them out with their codes, and the next index makes those anew",
    ),
    Rule(
        "encoders",
        "model IS NOT NULL AND model_fault(card, model, fingerprint)",
        "the model that is kept is damaged: its checksum is another",
        "--repair forgets it, and the model that came with lookalike, or 'lookalike reindex',"
        " takes its place",
        clear=("model",),
    ),
    Rule("contents", "length(digest) <> 32 OR length(pixel_digest) <> 32", "checksums cut short"),
    Rule("contents", "width < 1 OR height < 1 OR bytes < 0", "pictures of an impossible size"),
    Rule("codes", f"{_CODE} IS NOT NULL", "codes, embeddings or qualities of the wrong size"),
    Rule("pictures", "present NOT IN (0, 1) OR position < 0", "pictures with impossible values"),
    Rule("files", f"id NOT IN ({_WHOLE})", "files whose pictures are not all there"),
    Rule(
        "folders",
        "NOT json_valid(exclude) OR NOT json_valid(mounts)",
        "folders whose patterns can't be read",
        "--repair leaves them out: index them again by name",
    ),
    Rule(
        "looks",
        "first >= second OR looked NOT BETWEEN 0 AND 2 OR NOT (found = '' OR json_valid(found))",
        "pairs with impossible values",
        "--repair leaves them out, and 'lookalike duplicates' looks at them anew",
    ),
    Rule(
        "rejected",
        "NOT is_key(hex(first)) OR NOT is_key(hex(second))",
        "decisions about pairs that can't be understood",
        "--repair leaves them out: decide anew",
    ),
    Rule(
        "settled",
        _SETTLED,
        "decisions about groups that can't be understood",
        "--repair leaves them out: decide anew",
    ),
    Rule("waiting", _WAITING, "files that wait for pictures that aren't there"),
)

# Harmless: where, what, how many, what becomes of it.
_NOTES = (
    (
        "table contents",
        "pictures that no file holds any more",
        "SELECT count(*) FROM contents WHERE id NOT IN (SELECT content FROM pictures)",
        "a later run of index clears them away",
    ),
    (
        "table codes",
        "pictures that lack a code",
        "SELECT count(*) FROM (SELECT DISTINCT content FROM pictures WHERE present = 1) AS shown"
        " JOIN encoders ON encoders.current = 1 WHERE NOT EXISTS (SELECT 1 FROM codes"
        " WHERE codes.encoder = encoders.id AND codes.content = shown.content)",
        "the next index makes it",
    ),
)


def rules_of(version: int) -> tuple[Rule, ...]:
    """The rules for the rows of a library of this version; of an older one only those of types."""
    current = version == len(schema.MIGRATIONS)
    return (*map(_typed, tables_of(version)), *(_RULES if current else ()))


def notes_of() -> tuple[tuple[str, str, str, str], ...]:
    """What is harmless and worth a word: where, what, SQL that counts it, what becomes of it."""
    return _NOTES


def _typed(table: Table) -> Rule:
    """Of any type SQLite would keep anything anywhere."""
    broken = []
    for column in table.columns:
        types = [column.type.lower(), *([] if column.needed else ["null"])]
        known = ", ".join(f"'{name}'" for name in types)
        broken.append(f"typeof({column.name}) NOT IN ({known})")
        if column.type == "TEXT":
            broken.append(f"NOT coalesce(is_text(CAST({column.name} AS BLOB)), 1)")
    return Rule(table.name, " OR ".join(broken), "values of the wrong type")


def add_functions(connection: sqlite3.Connection) -> None:
    """Let a connection know what the conditions call."""
    connection.create_function("code_fault", 7, _code_fault, deterministic=True)
    connection.create_function("model_fault", 3, _model_fault, deterministic=True)
    connection.create_function("is_text", 1, _is_text, deterministic=True)
    connection.create_function("is_key", 1, _is_key, deterministic=True)


def _code_fault(
    bits: object,
    size: object,
    code: object,
    embedding: object,
    quality: object,
    parts: object,
    views: object,
) -> str | None:
    if not isinstance(bits, int) or not isinstance(size, int) or not 1 <= bits <= 4096:
        return None  # the encoder is wrong, or gone
    return code_fault(bits, size, code, embedding, quality, parts, views)


def _model_fault(card: object, model: object, fingerprint: object) -> bool:
    # Here, not above: all that can encode.
    from lookalike.encoders.registry import stored_fingerprint

    if not isinstance(card, str) or not isinstance(model, bytes):
        return True
    try:
        return stored_fingerprint(card, model) != fingerprint
    except LookalikeError:
        return True


def _is_key(key: object) -> bool:
    """Whether it is a content in hexadecimal: a digest, and the name of a member."""
    try:
        raw = bytes.fromhex(key) if isinstance(key, str) else b""
    except ValueError:
        return False
    return len(raw) >= 32 and bool(_is_text(raw[32:]))


def _is_text(raw: bytes | None) -> bool | None:
    if raw is None:
        return None
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
