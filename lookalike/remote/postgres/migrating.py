"""Making the tables of a library in a schema, and bringing those of an older lookalike here."""

from __future__ import annotations

import logging

from psycopg import sql

from lookalike.errors import (
    LibraryDamagedError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryVersionError,
)
from lookalike.remote.addresses import Address
from lookalike.remote.postgres.connecting import Connection, schema_of
from lookalike.remote.postgres.schema import MIGRATIONS

__all__ = ["drop", "is_there", "make_ready", "may_write"]

_log = logging.getLogger("lookalike.migrating")  # whose lines the command line prints

_MAKING = 0x4C6B00  # of the advisory lock on a schema's name
_VERSION = "version"
_TABLES = (
    "settings, encoders, contents, codes, folders, files, pictures, ledger, waiting, changes,"
    " shots, looks, touched, rejected, settled"
)


def is_there(connection: Connection, address: Address) -> bool:
    """Whether the schema holds anything, be it a library or not."""
    (row,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE nspname = %s)",
        [schema_of(address)],
    )
    return bool(row[0])


def may_write(connection: Connection, address: Address) -> bool:
    """Whether the user may write to the library on this server, which is no copy of another's."""
    (row,) = connection.execute(
        "SELECT NOT pg_is_in_recovery()"
        " AND current_setting('default_transaction_read_only') = 'off'"
        " AND has_table_privilege(format('%%I.settings', %s::text), 'INSERT, UPDATE, DELETE')",
        [schema_of(address)],
    )
    return bool(row[0])


def make_ready(connection: Connection, address: Address, *, create: bool, read_only: bool) -> None:
    """Make a library, or bring it to this version; one that is ready is left as it is.

    Args:
        connection: to its database.
        address: of the library.
        create: make it where it is missing.
        read_only: change nothing.

    Raises:
        LibraryNotFoundError: there is none.
        LibraryDamagedError: the schema holds other things.
        LibraryVersionError: a newer lookalike made it.
        LibraryReadOnlyError: it has to be made or migrated, and that isn't allowed.
    """
    version = _version(connection, address)
    if version == len(MIGRATIONS):
        return
    if version == 0 and (read_only or not create):
        raise LibraryNotFoundError(
            f"there is no library at {address.shown}: make one with 'lookalike index FOLDER'"
        )
    if read_only:
        raise LibraryReadOnlyError(
            f"{address.shown} has version {version} and needs {len(MIGRATIONS)}: open it once with"
            " leave to write"
        )
    schema = schema_of(address)
    with connection.transaction():
        # Of two that come at once the second finds it done.
        connection.execute("SELECT pg_advisory_xact_lock(%s::int, hashtext(%s))", [_MAKING, schema])
        version = _version(connection, address)
        if version == 0:
            made = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema))
            connection.execute(made)
        elif version < len(MIGRATIONS):
            _log.warning(
                "%s is brought from version %d to %d: an older lookalike can't open it any more",
                address.shown,
                version,
                len(MIGRATIONS),
            )
        for migration in MIGRATIONS[version:]:
            connection.execute(migration.encode())
        connection.execute(
            "INSERT INTO settings (key, value) VALUES (%s, %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [_VERSION, str(len(MIGRATIONS))],
        )


def _version(connection: Connection, address: Address) -> int:
    """The version of a library; 0 for none."""
    if not is_there(connection, address):
        return 0
    foreign = LibraryDamagedError(
        f"{address.shown} names a schema with other tables in it, no library: name another one"
    )
    sorted_columns = connection.execute(
        "SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = to_regclass(format('%%I.settings', %s::text)) AND attnum > 0"
        " AND NOT attisdropped",
        [schema_of(address)],
    ).fetchone()
    if sorted_columns is None or sorted_columns[0] != ["key", "value"]:
        raise foreign
    found = connection.execute("SELECT value FROM settings WHERE key = %s", [_VERSION]).fetchone()
    if found is None or not str(found[0]).isdecimal():
        raise foreign
    version = int(str(found[0]))
    if version > len(MIGRATIONS):
        raise LibraryVersionError(
            f"{address.shown} was made by a newer lookalike (version {version}, this one knows"
            f" {len(MIGRATIONS)}): upgrade lookalike"
        )
    return version


def drop(connection: Connection, address: Address, runs: int) -> None:
    """Delete the tables of a library, and its schema if nothing else is in it.

    Args:
        connection: to its database.
        address: of the library.
        runs: the class of the lock of runs.

    Raises:
        LibraryLockedError: somebody is writing to it.
        LibraryNotFoundError, LibraryDamagedError, LibraryVersionError: as for :func:`make_ready`.
    """
    if _version(connection, address) == 0:
        raise LibraryNotFoundError(f"there is no library at {address.shown}: nothing to delete")
    name = sql.Identifier(schema_of(address))
    with connection.transaction():
        (row,) = connection.execute(
            "SELECT pg_try_advisory_xact_lock(%s::int, (oid::bigint %% 2147483647)::int)"
            " FROM pg_namespace WHERE nspname = %s",
            [runs, schema_of(address)],
        )
        if not row[0]:
            raise LibraryLockedError(
                f"another process is writing to {address.shown}: wait until it ends"
            )
        connection.execute(sql.SQL("DROP TABLE " + _TABLES))
        connection.execute("DROP FUNCTION IF EXISTS touch()")
        (row,) = connection.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM pg_class JOIN pg_namespace"
            " ON pg_namespace.oid = relnamespace WHERE nspname = %s)",
            [schema_of(address)],
        )
        if row[0]:
            connection.execute(sql.SQL("DROP SCHEMA {} RESTRICT").format(name))
