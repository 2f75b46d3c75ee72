"""What is in the hub's cache on this machine: lists of files by commit, and the files.

The cache is the one that huggingface_hub shares among programs, in the layout that it documents
(https://huggingface.co/docs/huggingface_hub/guides/manage-cache): ``blobs`` by their checksums, and
for each commit a folder of links to them. Lists with the sizes and checksums of all files of a
commit are lookalike's own, in its own cache folder.
"""

from __future__ import annotations

import json
import os
import re
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

from lookalike.download import Checksum
from lookalike.system import cache
from lookalike.system.replacing import replacing

__all__ = [
    "blob",
    "cache_folder",
    "checksum",
    "fetched_by_others",
    "files_folder",
    "is_commit",
    "keep",
    "listed",
]

_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = {40: "sha1", 64: "sha256"}

Files = Mapping[str, Checksum]


def cache_folder() -> Path:
    """The cache of the hub's models, where huggingface_hub has it.

    Asked of the environment, and not of huggingface_hub, which takes half a second to import and
    needn't be installed for what was fetched.
    """
    home = os.environ.get("HF_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache"), "huggingface"
    )
    place = (
        os.environ.get("HF_HUB_CACHE")
        or os.environ.get("HUGGINGFACE_HUB_CACHE")
        or os.path.join(home, "hub")
    )
    return Path(os.path.expandvars(place)).expanduser()


def is_commit(revision: str) -> bool:
    """Whether a revision is a commit, which never changes."""
    return _COMMIT.fullmatch(revision) is not None


def files_folder(repository: str, commit: str) -> Path:
    """Where the files of a commit are or will be."""
    # Builds of before kept files beside the lists. Libraries of then know models by their commit.
    before = _lists(repository) / commit
    return before if before.is_dir() else _shared(repository) / "snapshots" / commit


def blob(repository: str, commit: str, name: str, file: Checksum) -> Path:
    """Where the bytes of a file are or will be."""
    before = _lists(repository) / commit
    return before / name if before.is_dir() else _shared(repository) / "blobs" / file.hexdigest


def checksum(digest: object, size: int, *, git: bool) -> Checksum:
    """What a file must be, by what the hub says of it.

    Args:
        digest: SHA-256 or SHA-1 in hex.
        size: in bytes.
        git: whether the digest is Git's own, of a file that is small.

    Raises:
        ValueError: that is no checksum.
    """
    text = str(digest).lower()
    algorithm = _DIGEST.get(len(text))
    if algorithm is None or not re.fullmatch("[0-9a-f]+", text) or size < 0:
        raise ValueError(f"{text[:80]!r} is no checksum")
    return Checksum(algorithm, text, size, f"blob {size}\0".encode() if git else b"")


def keep(repository: str, revision: str, commit: str, files: Files) -> None:
    """Remember which commit a revision was, and its files.

    Raises:
        OSError: no space, or no right to write.
    """
    home = _lists(repository)
    home.mkdir(parents=True, exist_ok=True)
    packed = {n: [f.algorithm, f.hexdigest, f.size, f.prefix.decode()] for n, f in files.items()}
    for name, values in ((f"{commit}.json", packed), (_reference(revision), {"commit": commit})):
        with replacing(home / name) as file:
            file.write_text(json.dumps(values))


def listed(repository: str, revision: str) -> tuple[str, Files] | None:
    """The commit and all files of a revision that was asked for before; ``None`` of others."""
    home = _lists(repository)
    try:
        commit = revision
        if not is_commit(revision):
            commit = str(json.loads((home / _reference(revision)).read_text())["commit"])
        values = json.loads((home / f"{commit}.json").read_text())
        files = {
            str(name): Checksum(str(f[0]), str(f[1]), int(f[2]), str(f[3]).encode())
            for name, f in values.items()
        }
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    return commit, files


def fetched_by_others(repository: str, revision: str) -> tuple[str, Files] | None:
    """The commit and those files of a revision that another program fetched; ``None`` of others.

    What they must be is said by the links to them, which lead to names that are checksums. Without
    links, as on some file systems, nothing says it, and there is nothing to take.
    """
    files: dict[str, Checksum] = {}
    try:
        commit = revision
        if not is_commit(revision):
            commit = (_shared(repository) / "refs" / revision).read_text().strip()
        folder = _shared(repository) / "snapshots" / commit
        for path in folder.rglob("*") if is_commit(commit) else ():
            if path.is_symlink() and path.is_file():
                digest = Path(os.readlink(path)).name
                size = path.stat().st_size
                files[path.relative_to(folder).as_posix()] = checksum(
                    digest, size, git=len(digest) == 40
                )
    except (OSError, ValueError):
        return None
    return (commit, files) if files else None


def _shared(repository: str) -> Path:
    return cache_folder() / f"models--{repository.replace('/', '--')}"


def _lists(repository: str) -> Path:
    return cache.cache_folder("hub") / repository


def _reference(revision: str) -> str:
    return f"ref-{urllib.parse.quote(revision, safe='')}.json"
