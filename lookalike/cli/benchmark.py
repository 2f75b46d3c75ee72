"""``lookalike benchmark``: the group of what measures.

To add a command: write it in a file of its own, ``benchmark_NAME.py``, and name it in the loop.
"""

from __future__ import annotations

import click

from lookalike.cli.benchmark_edits import edits
from lookalike.cli.benchmark_engine import engine
from lookalike.cli.benchmark_index import index
from lookalike.cli.benchmark_limit import limit
from lookalike.cli.benchmark_pairs import pairs
from lookalike.cli.benchmark_search import search

__all__ = ["benchmark"]


@click.group(short_help="Measure lookalike on this machine.")
def benchmark() -> None:
    """Measure lookalike on this machine, beside its peers."""


for _command in (index, edits, search, pairs, limit, engine):
    benchmark.add_command(_command)
