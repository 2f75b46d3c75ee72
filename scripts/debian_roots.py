"""File systems in folders, in which the instructions of a Dockerfile are carried out by chroot."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from dockerfile import REPOSITORY, context_files, expand, read_copy

SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
PACKAGES = "ca-certificates,python3,python3-pip,python3-venv"
SYSTEM_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


class Root:
    """A file system, and what instructions change besides: variables, folder, user."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.env = {"PATH": SYSTEM_PATH}
        self.folder = "/"
        self.user = "0:0"

    def copy(self, place: Path) -> Root:
        """Another root that begins as this one is, without what is mounted in this one."""
        subprocess.run(["cp", "-a", "-x", "--reflink=auto", self.place, place], check=True)
        other = Root(place)
        other.env, other.folder, other.user = dict(self.env), self.folder, self.user
        return other

    def command(self, words: Sequence[str], extra: Mapping[str, str] | None = None) -> list[str]:
        """What runs a command in here, as the user and with the variables that were set."""
        settings = {"HOME": self._home()} | self.env | dict(extra or {})
        variables = [f"{name}={value}" for name, value in settings.items()]
        chroot = ["chroot", f"--userspec={self.user}", "--groups=", str(self.place)]
        return [*chroot, "env", "-i", "-C", self.folder, *variables, *words]

    def within(self, path: str) -> Path:
        """Where a path of the image is on this machine."""
        return self.place / str(Path("/", self.folder, path)).lstrip("/")

    def follow(
        self, word: str, rest: str, roots: Mapping[str, Root], pip: Mapping[str, str]
    ) -> None:
        """Carry out an instruction. Those that only describe the image change nothing here.

        Args:
            word: the instruction.
            rest: its arguments.
            roots: of the stages that were built before, for ``COPY --from``.
            pip: variables for RUN.
        """
        if word == "ENV":
            pairs = [pair.partition("=")[::2] for pair in shlex.split(rest)]
            self.env |= {name: expand(value, self.env) for name, value in pairs}
        elif word == "WORKDIR":
            self.folder = str(Path(self.folder, rest))
            self.within(".").mkdir(parents=True, exist_ok=True)
        elif word == "USER":
            self.user = rest
        elif word == "COPY":
            self._copy(rest, roots)
        elif word == "RUN":
            subprocess.run(self.command(["/bin/sh", "-c", rest], pip), check=True)

    def _copy(self, rest: str, roots: Mapping[str, Root]) -> None:
        flags, sources, target = read_copy(rest)
        for source in sources:
            if "from" in flags:
                there = roots[flags["from"]].within(source)
                subprocess.run(["cp", "-a", there, self.within(target)], check=True)
                continue
            files = context_files(source)
            if not files:
                raise SystemExit(f"COPY {source}: the context holds no such file")
            start = REPOSITORY / source
            for name in files:
                inner = (REPOSITORY / name).relative_to(start if start.is_dir() else start.parent)
                into = self.within(target) / inner
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(REPOSITORY / name, into)
                owner, _, group = flags.get("chown", "0:0").partition(":")
                os.chown(into, int(owner), int(group))

    def _home(self) -> str:
        lines = (self.place / "etc/passwd").read_text(encoding="utf-8").splitlines()
        users = [line.split(":") for line in lines]
        return next(fields[5] for fields in users if fields[2] == self.user.split(":")[0])


def bootstrap(place: Path) -> Root:
    """A bare Debian with its own Python, under the names that the Python image has for it."""
    words = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, place, MIRROR]
    with tempfile.TemporaryFile() as log:
        if subprocess.run(words, stdout=log, stderr=subprocess.STDOUT, check=False).returncode:
            log.seek(0)
            raise SystemExit(f"{log.read().decode(errors='replace')}\ndebootstrap failed")
    for name in ("python", "pip"):
        (place / "usr/local/bin" / name).symlink_to(f"/usr/bin/{name}3")
    for marker in place.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()  # the Python image has none
    return Root(place)


def pip_settings() -> tuple[dict[str, str], list[Path]]:
    """How pip is set up on this machine, as variables, and the local files that it then needs."""
    words = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    variables = {f"PIP_{name.replace('-', '_').upper()}": value for name, value in found}
    local = set()
    for name, value in found:
        for word in value.replace("\\n", " ").split():
            path = Path(word.removeprefix("file://"))
            if path.is_absolute() and path.exists():
                # The files that a local index points to lie beside it.
                local.add(path.parent if name.endswith("index-url") else path)
    proxies = ("http_proxy", "https_proxy", "no_proxy")
    variables |= {name: value for name, value in os.environ.items() if name.lower() in proxies}
    return variables, sorted(local)


def connect(root: Root, local: Sequence[Path]) -> None:
    """Mount what a program expects of a system, and ``local`` read-only; copy the names of hosts.

    Call it in a mount namespace of its own: nothing is unmounted.
    """
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(Path("/etc", name), root.place / "etc" / name)
    mount("proc", root.place / "proc", "-t", "proc")
    (root.place / "dev/shm").mkdir(exist_ok=True)
    mount("tmpfs", root.place / "dev/shm", "-t", "tmpfs")
    for path in local:
        there = root.place / str(path).lstrip("/")
        if path.is_file():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)
        else:
            bind(path, there)


def bind(path: Path, there: Path) -> None:
    """Show a folder of this machine at another place, read-only."""
    there.mkdir(parents=True, exist_ok=True)
    mount(path, there, "--bind")
    mount(path, there, "-o", "remount,ro,bind")


def mount(what: str | Path, where: Path, *flags: str) -> None:
    """Mount, or fail with what mount says."""
    subprocess.run(["mount", *flags, what, where], check=True)
