"""The picture formats that lookalike reads, one file each; :mod:`.format` says how to add one."""

from lookalike.images.formats.registry import (
    FORMATS,
    RAW_SUFFIXES,
    SUFFIXES,
    by_name,
    is_candidate,
    load_plugin,
    recognise,
    sniff,
    suffix_of,
)

__all__ = [
    "FORMATS",
    "RAW_SUFFIXES",
    "SUFFIXES",
    "by_name",
    "is_candidate",
    "load_plugin",
    "recognise",
    "sniff",
    "suffix_of",
]
