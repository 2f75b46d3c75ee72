"""``lookalike reindex``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lookalike.cli.index_report import show_report
from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.limits import limit_option
from lookalike.cli.options import json_option, library_option, model_option, verbose_option
from lookalike.cli.progress import byte_bar, progress_bar

if TYPE_CHECKING:
    from lookalike.types import Limits

__all__ = ["reindex"]


@click.command(short_help="Make all codes anew.")
@limit_option
@model_option
@json_option
@library_option
@verbose_option
def reindex(limits: Limits | None, model: str | None, as_json: bool, library: str) -> int:
    """Make all codes anew, with the models of this version, or with another photo model.

    A library keeps the models that it was made with. After an update of lookalike that brings
    another model, the old codes go on answering until this command has replaced them.
    """
    from lookalike.encoders import registry
    from lookalike.library import Library

    if model is not None:
        with byte_bar("downloading") as fetched:
            model = registry.resolve(model, progress=fetched)
    with (
        stop_on_interrupt() as stop,
        Library.open(library, create=False, limits=limits) as opened,
        progress_bar() as progress,
    ):
        report = opened.reindex(photo=model, progress=progress, stop=stop)
    return show_report(report, library, as_json=as_json)
