"""Connections to a server: what an address says, what is asked of every connection, who may in."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from lookalike.errors import (
    LibraryAwayError,
    LibraryError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    UsageError,
)
from lookalike.remote.addresses import Address
from lookalike.remote.postgres.errors import one_line
from lookalike.remote.postgres.schema import FIRST_SERVER

__all__ = ["Connection", "connect", "schema_of"]

Connection = psycopg.Connection[tuple[object, ...]]

DEFAULT_SCHEMA = "lookalike"

# Milliseconds. A statement of a search takes some; the settling of a large library some minutes.
_STATEMENT = 1_800_000
_LOCK = 600_000
# Of a client that hangs within a transaction, which keeps all others from writing.
_IDLE = 300_000

# Seconds without a word, after which a connection is given up.
_ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_LONGEST = 63  # bytes of a schema's name


class _Text(StrDumperUnknown):
    """Text without null characters, which files have and PostgreSQL takes in no text."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", ""))


def schema_of(address: Address) -> str:
    """The schema that an address names: behind the database, else ``lookalike``.

    Raises:
        UsageError: it names more, or a schema that can't be a library's.
    """
    form = "postgresql://USER@HOST:PORT/DATABASE/LIBRARY"
    if len(address.names) > 2:
        raise UsageError(f"{address.shown} names too much: {form}")
    name = address.names[1] if len(address.names) == 2 else DEFAULT_SCHEMA
    if len(name.encode()) > _LONGEST or "\0" in name:
        raise UsageError(
            f"the name of a library in PostgreSQL has at most {_LONGEST} bytes: {form}"
        )
    if name.startswith("pg_") or name in ("public", "information_schema"):
        raise UsageError(f"{name} is PostgreSQL's own schema: give the library another name")
    return name


def connect(address: Address, *, writes: bool = False) -> Connection:
    """Connect to the database of an address; nothing of the library is looked at.

    Args:
        address: of the library.
        writes: whether transactions on this connection may write.

    Raises:
        LibraryNotFoundError: there is no such database.
        LibraryReadOnlyError: nobody is let in so.
        LibraryAwayError: there is no server, or it doesn't answer.
        LibraryError: it is too old, or keeps text otherwise than as UTF-8.
        UsageError: an option that PostgreSQL doesn't know.
    """
    options: dict[str, object] = {**_ALIVE, "application_name": "lookalike", **address.options}
    given = {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.secret,
        "dbname": address.names[0],
    }
    options |= {name: value for name, value in given.items() if value not in ("", None)}
    try:
        made = psycopg.connect(autocommit=True, client_encoding="utf-8", **options)  # type: ignore[arg-type]
    except psycopg.ProgrammingError as error:  # says which option
        raise UsageError(f"{address.shown}: {one_line(error)}") from error
    except psycopg.OperationalError as error:
        raise _refused(address, error) from error
    try:
        _check_server(address, made)
        made.adapters.register_dumper(int, Int8Dumper)
        made.adapters.register_dumper(str, _Text)
        # By literals: the statement is one that takes no values.
        for name, value in (
            ("search_path", sql.Identifier(schema_of(address))),
            ("statement_timeout", sql.Literal(_STATEMENT)),
            ("lock_timeout", sql.Literal(_LOCK)),
            ("idle_in_transaction_session_timeout", sql.Literal(_IDLE if writes else 0)),
            # A plan that was made while a table was empty would read all of it when it is large.
            ("plan_cache_mode", sql.Identifier("auto" if writes else "force_custom_plan")),
            ("enable_seqscan", sql.Literal(not writes)),
        ):
            made.execute(sql.SQL("SET {} TO {}").format(sql.Identifier(name), value))
    except psycopg.Error as error:
        made.close()
        raise _refused(address, error) from error
    except BaseException:
        made.close()
        raise
    return made


def _check_server(address: Address, made: Connection) -> None:
    version = made.info.server_version // 10_000
    if version < FIRST_SERVER:
        raise LibraryError(
            f"the server of {address.shown} is PostgreSQL {version}: lookalike takes"
            f" {FIRST_SERVER} or later"
        )
    encoding = made.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise LibraryError(
            f"the database of {address.shown} keeps text as {encoding}: make one with"
            " 'createdb -E UTF8 -T template0 NAME'"
        )


def _refused(address: Address, error: psycopg.Error) -> LibraryError:
    told = one_line(error)
    if "password" in told or "authentication" in told or "pg_hba.conf" in told or "role" in told:
        return LibraryReadOnlyError(
            f"the server of {address.shown} lets nobody in so ({told}): give the user in the"
            " address, and the password in PGPASSWORD or ~/.pgpass"
        )
    if f'database "{address.names[0]}" does not exist' in told:
        return LibraryNotFoundError(
            f"there is no database {address.names[0]} for {address.shown}: make it on the server"
            f" with 'createdb {address.names[0]}'"
        )
    return LibraryAwayError(f"the server of {address.shown} doesn't answer ({told})")
