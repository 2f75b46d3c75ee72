"""The collections of a library in Milvus: their fields, and that they are what they should be.

Milvus before 2.4 allows one vector a collection and asks for one in each: those that hold no codes
have a ``spare`` one of 8 bits. Paths are kept as the hexadecimal digits of their bytes: these sort
as the bytes do, and need no escapes in an expression.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from lookalike.errors import LibraryDamagedError, LibraryError, LibraryVersionError
from lookalike.remote.milvus.connection import Connection, Row
from lookalike.remote.milvus.link import CollectionGoneError

__all__ = ["FORM", "SPARE", "Form", "Forms", "bare"]

FORM: Final = 1
"""Of how a library is kept in Milvus."""

SPARE: Final[Row] = {"spare": b"\0"}

_LEAST = (2, 3)
_TEXT = 65_535  # the longest text that Milvus takes, in bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a collection.

    Attributes:
        key: the primary key; a text if it is called ``key``, a number else.
        numbers: 64-bit fields.
        texts: fields of text.
        flags: fields that are true or false.
        bits: of its vector, a multiple of 8.
        vector: its name.
    """

    key: str
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    bits: int = 8
    vector: str = "spare"


BOOK = Form("key", texts=("kind", "place", "text"))
LOOKS = Form("key", numbers=("first", "second"), texts=("text",))
CONTENTS = Form(
    "id",
    numbers=("bytes", "area", "longer", "shorter"),
    texts=("digest", "pixels", "format", "taken", "text"),
    flags=("lossy",),
)
FILES = Form(
    "id",
    numbers=("file", "content", "place", "hash", "size", "mtime"),
    texts=("path", "name"),
    flags=("shown",),
)
BASE: Final = {
    "meta": BOOK,
    "ledger": BOOK,
    "decisions": BOOK,
    "looks": LOOKS,
    "contents": CONTENTS,
    "files": FILES,
}
"""The collections that every library has."""


def codes_form(bits: int) -> Form:
    """Of an encoder's codes: the key is the content."""
    texts = ("embedding", "parts", "views", "odd")
    return Form("id", ("quality",), texts, ("shown",), bits, "code")


def pieces_form(bits: int) -> Form:
    """Of the codes of what contents hold: the key is the content times 16, and which."""
    return Form("id", ("content", "quality"), ("box",), ("shown",), bits, "code")


def bare(form: Form) -> list[str]:
    """The fields of a form but for its key and its vector."""
    return [*form.numbers, *form.texts, *form.flags]


class Forms:
    """Makes the collections of one library, and looks at those that are there.

    Args:
        connection: to the server.
        name: of the library.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection, self._name = connection, name
        self._known: set[str] = set()

    def collection(self, what: str) -> str:
        """The name of a collection of the library."""
        return f"{self._name}_{what}"

    def check_server(self) -> str:
        """The server's version.

        Raises:
            LibraryError: it is too old, or no Milvus that can do this.
        """
        version = str(self._connection.call("get_server_version", patience=20.0))
        found = re.match(r"v?(\d+)\.(\d+)", version)
        server = self._connection.place.server
        if found is None:
            raise LibraryError(f"{server} says its version is {version[:40]!r}: is it a Milvus?")
        if (int(found[1]), int(found[2])) < _LEAST:
            raise LibraryError(
                f"{server} is version {version}: lookalike needs Milvus 2.3 or later; upgrade it"
            )
        return version

    def exists(self) -> bool:
        """Whether the library is there.

        Raises:
            LibraryDamagedError: something else has its name.
            LibraryVersionError: a newer lookalike made it.
        """
        return self._check_ours(self.collection("meta"))

    def make(self) -> None:
        """Make what is missing of the collections that every library has, side by side.

        Making one takes seconds, most of them waiting.
        """
        with ThreadPoolExecutor(len(BASE)) as threads:
            list(threads.map(lambda item: self.ensure(*item), BASE.items()))

    def open(self) -> None:
        """Look at the collections of a library that is there, and let the server load them.

        Raises:
            LibraryError: one isn't there, isn't lookalike's, or has an index that leaves hits out.
        """
        with ThreadPoolExecutor(len(BASE)) as threads:
            there = dict(zip(BASE, threads.map(self.has, BASE), strict=True))
        for what in BASE:
            if not there[what]:
                raise LibraryDamagedError(
                    f"{self.collection(what)} is missing: restore it, or delete the library and"
                    " index anew"
                )

    def has(self, what: str) -> bool:
        """Whether a collection is there, and then is what it should be and loaded."""
        if what in self._known:
            return True
        name = self.collection(what)
        if not self._check_ours(name):
            return False
        if what not in BASE:
            self._check_index(name)
        # At once where it is loaded; a server that was restored from a backup hasn't loaded it.
        self._connection.call("load_collection", name)
        self._known.add(what)
        return True

    def ensure(self, what: str, form: Form) -> str:
        """A collection, made where it is missing."""
        if not self.has(what):
            self._make(self.collection(what), form)
            self._known.add(what)
        return self.collection(what)

    def drop(self, what: str) -> None:
        """Delete a collection."""
        self._known.discard(what)
        self._connection.call("drop_collection", self.collection(what))

    def all(self) -> list[str]:
        """The collections of the library, by what they hold."""
        start = self.collection("")
        names = [n for n in self._connection.call("list_collections") if n.startswith(start)]
        ours = [n for n in names if self._description(n) == self._mark]
        return sorted(name.removeprefix(start) for name in ours)

    @property
    def _mark(self) -> str:
        return f"lookalike library {self._name}, form {FORM}"

    def _description(self, name: str) -> str | None:
        """What a collection says of itself; ``None`` where it isn't there."""
        try:
            return str(self._connection.call("describe_collection", name).get("description", ""))
        except CollectionGoneError:
            return None

    def identity(self) -> str:
        """Tells the library from another one of its name, before and after it."""
        found = self._connection.call("describe_collection", self.collection("meta"))
        return f"{found['collection_id']}-{found.get('created_timestamp', 0)}"

    def _make(self, name: str, form: Form) -> None:
        schema: Any = self._connection.schema(self._mark)
        types = self._connection.types
        if form.key == "key":
            schema.add_field("key", types.VARCHAR, is_primary=True, max_length=512)
        else:
            schema.add_field(form.key, types.INT64, is_primary=True)
        schema.add_field(form.vector, types.BINARY_VECTOR, dim=form.bits)
        for field in form.numbers:
            schema.add_field(field, types.INT64)
        for field in form.texts:
            schema.add_field(field, types.VARCHAR, max_length=_TEXT)
        for field in form.flags:
            schema.add_field(field, types.BOOL)
        index = self._connection.index(form.vector)
        # One shard: what is written in one call is there at once, whole.
        # Where two begin at once, both do all of it: each call may be repeated.
        self._connection.call("create_collection", name, schema=schema, num_shards=1)
        self._connection.call("create_index", name, index)
        self._connection.call("load_collection", name)

    def _check_ours(self, name: str) -> bool:
        """Whether a collection is there; an error where it is somebody else's."""
        found = self._description(name)
        if found is None:
            return False
        if found == self._mark:
            return True
        server = self._connection.place.server
        newer = re.match(rf"lookalike library {self._name}, form (\d+)\Z", found)
        if newer is not None and int(newer[1]) > FORM:
            raise LibraryVersionError(
                f"a newer lookalike made the library {self._name} in {server} (form {newer[1]},"
                f" this one knows {FORM}): upgrade lookalike"
            )
        raise LibraryDamagedError(
            f"{server} has a collection {name} that lookalike didn't make: give the library"
            " another name"
        )

    def _check_index(self, name: str) -> None:
        found = self._connection.call("describe_index", name, "code")
        kind = (found or {}).get("index_type", "BIN_FLAT")
        if kind not in ("BIN_FLAT", "FLAT", ""):
            raise LibraryError(
                f"{name} has an index {kind}, which leaves hits out of a search by radius without"
                " a word: release the collection, drop the index and make a BIN_FLAT one (metric"
                " HAMMING)"
            )


def vectors(form: Form, rows: Sequence[Row]) -> list[Row]:
    """Rows with the spare vector that Milvus asks for."""
    return [{**row, **SPARE} for row in rows] if form.vector == "spare" else list(rows)
