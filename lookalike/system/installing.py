"""The command that installs what is missing, as this lookalike can be installed."""

from __future__ import annotations

import importlib.metadata
import json
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["install_command"]


def install_command(*extras: str) -> str:
    """What to type for lookalike with some extras, where it was installed as it was.

    lookalike is in no index yet: it is installed from its source folder or from a wheel, whose
    place pip, pipx and uv note down. Where that is gone, or isn't known, the command is for whoever
    stands in the source folder.

    Args:
        extras: such as ``server``; none for lookalike alone.
    """
    wanted = f"[{','.join(extras)}]" if extras else ""
    source = _source()
    if source is None:
        return f"pip install '.{wanted}' in lookalike's source folder"
    place = shlex.quote(f"{source}{wanted}")
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return f"pipx install --force {place}"
    if (environment / "uv-receipt.toml").is_file():
        return f"uv tool install --force {place}"
    if environment.parent.name.startswith("archive-v"):  # in uv's cache: there for one run
        return f"uvx --from {place} lookalike"
    return f"pip install {place}"


def _source() -> Path | None:
    """The folder or wheel that lookalike was installed from, if it is still there."""
    try:
        noted = importlib.metadata.distribution("lookalike").read_text("direct_url.json")
        address = urlsplit(json.loads(noted or "{}").get("url", ""))
    except (importlib.metadata.PackageNotFoundError, ValueError, AttributeError):
        return None
    source = Path(unquote(address.path))
    wheel = source.suffix == ".whl" and source.is_file()
    if address.scheme != "file" or not (wheel or (source / "pyproject.toml").is_file()):
        return None
    return source
