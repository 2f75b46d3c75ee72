"""``lookalike serve``."""

from __future__ import annotations

import logging

import click

from lookalike.cli.options import LibraryType, library_option, verbose_option
from lookalike.cli.output import counted
from lookalike.errors import MissingExtraError, UsageError

__all__ = ["DEFAULT_PORT", "TOKEN_VARIABLE", "serve"]

DEFAULT_PORT = 5665  # LOOK on a telephone
TOKEN_VARIABLE = "LOOKALIKE_TOKEN"  # noqa: S105 - the name of it

_PAGE = 200  # requests that a page with all its thumbnails may take at once, whatever the rate


@click.command(short_help="Search in the browser, and over HTTP.")
@click.argument("file", metavar="[LIBRARY]", required=False, type=LibraryType())
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on; 0.0.0.0 for all of this machine.",
)
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Port to listen on; 0 for any that is free.",
)
@click.option(
    "--token",
    envvar=TOKEN_VARIABLE,
    metavar="TOKEN",
    show_default=f"${TOKEN_VARIABLE}, else made where others can reach the server",
    help="What clients have to know.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--max-upload",
    default=50,
    show_default=True,
    metavar="MB",
    type=click.IntRange(1, 1000),
    help="Largest file that can be searched by.",
)
@click.option(
    "--max-pixels",
    default=200,
    show_default=True,
    metavar="MP",
    type=click.IntRange(1, 1000),
    help="Largest picture that is decoded, in millions of pixels.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 64),
    show_default="as many as there are processors",
    help="Searches side by side.",
)
@click.option(
    "--rate",
    default=100,
    show_default=True,
    metavar="N",
    type=click.IntRange(min=0),
    help="Requests a second that one client may make, a search counting as five; 0 for any.",
)
@library_option
@verbose_option
@click.pass_context
def serve(
    context: click.Context,
    file: str | None,
    host: str,
    port: int,
    token: str | None,
    open_page: bool,
    max_upload: int,
    max_pixels: int,
    workers: int | None,
    rate: int,
    library: str,
) -> None:
    """Serve the library as a web page, and as a REST interface, until Ctrl-C.

    Only programs and browsers of this machine can reach it, unless --host says otherwise; who
    comes from elsewhere needs the token, which is part of the address that is printed.
    """
    if file is not None:
        if context.get_parameter_source("library") is click.core.ParameterSource.COMMANDLINE:
            raise UsageError("the library is named twice: leave --library out")
        library = file
    try:
        from lookalike.server.app import create_app
        from lookalike.server.listen import address_of, bind, run
        from lookalike.server.settings import Settings, check_token, new_token
    except ImportError as error:
        raise MissingExtraError(
            f"serving takes Starlette and Uvicorn ({error}): pip install 'lookalike[server]'"
        ) from error
    from dataclasses import replace

    settings = Settings(
        token=check_token(token) if token else None,
        upload_bytes=max_upload * 1_000_000,
        rate=rate,
        burst=max(_PAGE, 3 * rate),
    )
    settings = replace(settings, limits=replace(settings.limits, pixels=max_pixels * 1_000_000))
    if workers is not None:
        settings = replace(settings, workers=workers)
    pictures = _count(library)
    taken = bind(host, port)
    try:
        address, port, local = address_of(taken)
        if settings.token is None and not local:
            settings = replace(settings, token=new_token())
        settings = replace(settings, port=port)
        app = create_app(library, settings)
        url = _url(address, port, settings.token)
        everywhere = " (on all addresses of this machine)" if address in _ALL else ""
        click.echo(f"serving {counted(pictures, 'picture')} at {url}{everywhere}; Ctrl-C ends it")
        run(
            app,
            taken,
            log=logging.getLogger("lookalike").isEnabledFor(logging.DEBUG),
            begun=(lambda: _open(url)) if open_page else None,
        )
    finally:
        taken.close()


_ALL = ("0.0.0.0", "::")  # noqa: S104 - to be recognised


def _count(library: str) -> int:
    """Pictures of the library; that it can be opened is said before a port is taken."""
    from lookalike.library import Library

    with Library.open(library, create=False) as opened:
        return opened.pictures.count()


def _url(address: str, port: int, token: str | None) -> str:
    """What to open. Browsers keep what is behind ``#`` to themselves: the token is in no log."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, address)  # noqa: S104
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{port}/" + (f"#token={token}" if token else "")


def _open(url: str) -> None:
    import webbrowser

    webbrowser.open(url)
