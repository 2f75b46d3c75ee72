"""What figures were measured on: the machine and the versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import lookalike
from lookalike.system.processors import processors

__all__ = ["available_memory", "describe_machine", "versions"]


def describe_machine() -> dict[str, object]:
    """Processor, its instructions as the kernels are compiled for, processors, memory, system."""
    import llvmlite.binding

    return {
        "processor": _processor(),
        "target": os.environ.get("NUMBA_CPU_NAME") or llvmlite.binding.get_host_cpu_name(),
        "processors": processors(),
        "memory_bytes": _memory("MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of lookalike, NumPy, Numba and those packages that are installed."""
    found = {"lookalike": lookalike.__version__}
    for package in sorted({"numpy", "numba", *packages} - {"lookalike"}):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def available_memory() -> int | None:
    """Bytes that can be taken without swapping, where the system tells."""
    return _memory("MemAvailable")


def _memory(field: str) -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        try:
            import psutil
        except ImportError:
            return None
        memory = psutil.virtual_memory()
        return int(memory.total if field == "MemTotal" else memory.available)
    for line in lines:
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
