"""A real PostgreSQL for tests: one that is started for the run, or one that is there already."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["NAMED", "Server", "address_of", "running"]

NAMED = "LOOKALIKE_TEST_POSTGRES"
"""The environment variable with the address of a server that is there already."""

# Nothing of a test has to outlive a power cut; what was committed outlives a crash of the server.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "50",
    "listen_addresses": "",
    "autovacuum": "off",
}


def _programs() -> Path | None:
    """Where initdb and postgres are; Debian keeps them off the path."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    places = [*([Path(found).parent] if found else []), *folders]
    return next((place for place in places if (place / "postgres").exists()), None)


def _unprivileged() -> dict[str, int]:
    """Who runs the server, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


class Server:
    """A server of our own, on a socket in a folder of its own.

    Args:
        folder: for its data and its socket; short, since a socket's path has 107 bytes at most.
    """

    def __init__(self, folder: Path) -> None:
        programs = _programs()
        assert programs is not None
        self.folder, self._programs = folder, programs
        self._process: subprocess.Popen[bytes] | None = None
        owner = _unprivileged()
        if owner:
            os.chown(folder, owner["user"], owner["group"])
        self._run(
            "initdb", "-D", str(folder / "data"), "-U", "tester", "-A", "trust", "-E", "UTF8",
            "--no-sync", "--locale=C.UTF-8",
        )  # fmt: skip
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **_unprivileged(),
        )

    @property
    def url(self) -> str:
        return f"postgresql://tester@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it, and wait until it takes questions."""
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", self.folder / "data", "-k", self.folder),
                    *options,
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=self.folder,
                **_unprivileged(),
            )
        import psycopg

        for _ in range(600):
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: connections are ended at once; with SIGQUIT it crashes."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(60)


@contextmanager
def running() -> Iterator[Server]:
    """A server of our own; skips where PostgreSQL isn't installed."""
    pytest.importorskip("psycopg", reason="takes the extra 'remote'")
    if _programs() is None:
        pytest.skip("takes PostgreSQL: apt install postgresql")
    with tempfile.TemporaryDirectory(prefix="lkpg-") as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)


def address_of(url: str, library: str) -> str:
    """The address of a library on a server, whose own names a database."""
    base, _, asked = url.partition("?")
    return f"{base}/{library}" + (f"?{asked}" if asked else "")
