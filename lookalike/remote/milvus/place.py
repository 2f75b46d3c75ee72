"""Where a library in Milvus is: a server, the one who asks, a name."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Final

from lookalike.errors import LibraryLockedError, LibraryNotFoundError, UsageError
from lookalike.library.engine import Engine
from lookalike.library.store import Store
from lookalike.remote.addresses import Address

__all__ = ["PORT", "MilvusPlace", "place"]

PORT: Final = 19530
"""That Milvus listens on unless it is told otherwise."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
_OPTIONS = {"tls", "ca", "token", "password"}
_FORM = "milvus://USER@HOST:19530/NAME?tls=1"


def place(named: str) -> MilvusPlace:
    """The place that an address names.

    The password or the token may also be in ``LOOKALIKE_MILVUS_PASSWORD`` or
    ``LOOKALIKE_MILVUS_TOKEN``, where no list of processes shows it.

    Raises:
        UsageError: it can't be understood; the message doesn't repeat it.
    """
    address = Address.parse(named)
    if not address.host:
        raise UsageError(
            "a milvus:// address names a server: Milvus Lite, which is a file, knows no binary"
            f" vectors; give {_FORM}"
        )
    if len(address.names) > 2:
        raise UsageError(f"a milvus:// address names a library, or DATABASE/NAME: {_FORM}")
    if wrong := sorted(set(address.options) - _OPTIONS):
        raise UsageError(f"a milvus:// address has no option {wrong[0][:40]!r}: tls=1 or ca=FILE")
    tls = address.options.get("tls", "1" if "ca" in address.options else "0")
    if tls not in ("0", "1"):
        raise UsageError("the option tls of a milvus:// address is 0 or 1")
    environment = os.environ.get
    return MilvusPlace(
        host=address.host,
        name=address.names[-1],
        port=address.port or PORT,
        user=address.user,
        password=address.secret
        or address.options.get("password", "")
        or environment("LOOKALIKE_MILVUS_PASSWORD", ""),
        token=address.options.get("token", "") or environment("LOOKALIKE_MILVUS_TOKEN", ""),
        database=address.names[0] if len(address.names) == 2 else "",
        tls=tls == "1",
        ca=address.options.get("ca", ""),
        location=address.shown,
        digest=address.digest(PORT),
    )


@dataclass(frozen=True, slots=True)
class MilvusPlace:
    """A library's place in Milvus.

    Attributes:
        host: of the server.
        name: of the library, which is what the names of its collections begin with.
        location: its address, without a secret.
        digest: tells the library from any other.
        port: of the server.
        user: who asks; empty for nobody.
        password: of the user; never shown.
        token: in place of both; never shown.
        database: of the server; empty for its default.
        tls: whether the connection is encrypted.
        ca: a file with the certificates to trust; empty for those of the system.

    Raises:
        UsageError: the name is none that a collection can have.
    """

    host: str
    name: str
    location: str
    digest: str
    port: int = PORT
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    database: str = ""
    tls: bool = False
    ca: str = ""

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise UsageError(
                f"{self.name[:40]!r} can't name a library in Milvus: take letters, digits and _,"
                " no digit first, at most 100"
            )

    @property
    def uri(self) -> str:
        """As pymilvus takes it."""
        return f"{'https' if self.tls else 'http'}://{self._authority}"

    @property
    def server(self) -> str:
        """The server in messages."""
        return f"Milvus at {self._authority}"

    @property
    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    # As the opener of libraries wants it; what speaks to the server is imported when it is asked.

    def exists(self) -> bool:
        """See :class:`~lookalike.library.away.Place`, as for all that follow."""
        from lookalike.remote.milvus.connection import Connection
        from lookalike.remote.milvus.forms import Forms

        connection = Connection(self)
        try:
            forms = Forms(connection, self.name)
            forms.check_server()
            return forms.exists()
        finally:
            connection.close()

    def open(self, *, create: bool, read_only: bool) -> tuple[Store, Engine]:
        """See above."""
        from lookalike.remote.milvus.engine import MilvusEngine
        from lookalike.remote.milvus.store import MilvusStore

        store = MilvusStore(self, create=create, read_only=read_only)
        return store, MilvusEngine(store)

    def delete(self) -> None:
        """See above."""
        from lookalike.remote.milvus.connection import Connection
        from lookalike.remote.milvus.forms import Forms
        from lookalike.remote.milvus.running import holder

        connection = Connection(self)
        try:
            forms = Forms(connection, self.name)
            forms.check_server()
            if not forms.exists():
                raise LibraryNotFoundError(f"there is no library {self.location}")
            if who := holder(connection, forms.collection("meta")):
                raise LibraryLockedError(f"{who} is writing to {self.location}: wait until it ends")
            # The one that says that there is a library goes last: what failed can be repeated.
            for what in sorted(forms.all(), key=lambda what: what == "meta"):
                forms.drop(what)
        finally:
            connection.close()
