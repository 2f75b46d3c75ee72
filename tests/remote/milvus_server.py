"""A real Milvus for a run of the tests: installed from PyPI once, started when a test needs it.

``LOOKALIKE_TEST_MILVUS=host:port`` names another one, whose libraries of the tests are deleted at
the end. Else Milvus is installed into an environment of its own, in the user's cache (80 MB); it
runs on free ports, with its data in a temporary folder, and ends with the tests.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lookalike.errors import LibraryError
from lookalike.remote.milvus.connection import Connection
from lookalike.remote.milvus.place import MilvusPlace, place

PACKAGE = "milvus==2.3.5"
PORTS = (
    "etcd_port",
    "root_coord_port",
    "proxy_port",
    "proxy_internal_port",
    "query_coord_port",
    "query_node_port",
    "index_coord_port",
    "index_node_port",
    "data_coord_port",
    "data_node_port",
)
# Strong reads wait for a tick, and a collection is loaded at a check: both sooner than usual.
QUICKER = {
    "proxy.timeTickInterval": 10,
    "queryCoord.checkInterval": 100,
    "queryCoord.distPullInterval": 100,
}
# The etcd in it listens at two ports that are no settings of Milvus: else only one Milvus a machine
# runs, and another one ends while it begins. Neither is that of "etcd_port": of its settings Milvus
# looks whether they are free, which those of an etcd that was killed aren't for a minute.
ETCD_PORTS = ("client", "peer")
ETCD = """
listen-client-urls: http://127.0.0.1:{client}
advertise-client-urls: http://127.0.0.1:{client}
listen-peer-urls: http://127.0.0.1:{peer}
initial-advertise-peer-urls: http://127.0.0.1:{peer}
initial-cluster: default=http://127.0.0.1:{peer}
"""
# Its own command looks for a port for its figures, and two that do so at once may meet there.
START = """
import json, sys, milvus
data, ports, more = json.loads(sys.argv[1])
server = milvus.default_server
server.webservice_port = ports.pop("figures")
server.set_base_dir(data)
server.config.configs.update(ports)
for key, value in more.items():
    server.config.set(key, value)
server.config.set("etcd_log_level", "error")
server.wait_for_started = False
server.start()
sys.exit(server.server_proc.wait())
"""


@dataclass
class MilvusServer:
    """A Milvus that a test may stop and start.

    Attributes:
        settings: by their dotted keys in ``milvus.yaml``, beside those that all tests have.
        options: what its addresses end with.
    """

    host: str
    port: int
    folder: Path | None = None
    ports: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    options: str = ""

    def place(self, name: str = "") -> MilvusPlace:
        """A library of this name, or of a new one."""
        return place(self.address(name))

    def address(self, name: str = "") -> str:
        named = name or f"t{uuid.uuid4().hex[:12]}"
        return f"milvus://{self.host}:{self.port}/{named}{self.options}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        assert self.folder is not None
        # Its programs are unpacked once, which takes longer than all the rest.
        unpacked = environment() / "unpacked"
        unpacked.mkdir(exist_ok=True)
        self.folder.mkdir(exist_ok=True)
        if not (self.folder / "bin").exists():
            (self.folder / "bin").symlink_to(unpacked)
        ports = dict(zip((*PORTS, "figures", *ETCD_PORTS), self.ports, strict=True))
        etcd = self.folder / "etcd.yaml"
        etcd.write_text(ETCD.format(**{name: ports.pop(name) for name in ETCD_PORTS}))
        given = json.dumps([str(self.folder), ports, {**QUICKER, **self.settings}])
        self.process = subprocess.Popen(
            [str(environment() / "bin" / "python"), "-c", START, given],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "ETCD_CONFIG_PATH": str(etcd)},
        )
        self.wait()

    def wait(self) -> None:
        """Until it answers."""
        where = self.place("ready")
        end = time.monotonic() + 180
        while True:
            connection = Connection(where)
            try:
                connection.call("list_collections", patience=2.0)
                return
            except LibraryError:
                if time.monotonic() > end or (self.process and self.process.poll() is not None):
                    raise
            finally:
                connection.close()

    def kill(self) -> None:
        """As when the machine goes off."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(one.getsockname()[1] for one in sockets)
    finally:
        for one in sockets:
            one.close()


def environment() -> Path:
    """Where Milvus is installed."""
    cache = os.environ.get("LOOKALIKE_TEST_CACHE") or Path.home() / ".cache" / "lookalike-tests"
    return Path(cache) / PACKAGE.replace("==", "-")


def reason_against() -> str:
    """Why Milvus can't be installed here; empty if it is."""
    if not sys.platform.startswith("linux") or platform.machine() not in ("x86_64", "AMD64"):
        return "PyPI has Milvus for Linux on x86-64 alone"
    where = environment()
    where.parent.mkdir(parents=True, exist_ok=True)
    with open(where.parent / f"{where.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes begin at once
        if (where / "bin" / "milvus-server").exists():
            return ""
        shutil.rmtree(where, ignore_errors=True)
        try:
            venv.create(where, with_pip=True)
            pip = [str(where / "bin" / "python"), "-m", "pip", "install", "-q", PACKAGE]
            subprocess.run(pip, check=True, capture_output=True, timeout=600)
        except (OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(where, ignore_errors=True)
            return f"Milvus could not be installed: {error}"
    return ""


@contextmanager
def running(
    folder: Path, settings: dict[str, object] | None = None, options: str = ""
) -> Iterator[MilvusServer]:
    """A Milvus, with its data in a folder; see :class:`MilvusServer`."""
    begun = time.monotonic()
    server = MilvusServer("127.0.0.1", 0, folder, settings=settings or {}, options=options)
    try:
        for attempt in range(3):
            server.ports = free_ports(len(PORTS) + 1 + len(ETCD_PORTS))
            server.port = server.ports[PORTS.index("proxy_port")]
            try:
                server.start()
                break
            except LibraryError:  # on a busy machine it gives up while it begins
                server.kill()
                shutil.rmtree(folder, ignore_errors=True)
                if attempt == 2:
                    raise
        server.seconds["start"] = time.monotonic() - begun
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)  # 250 MB of programs and logs
