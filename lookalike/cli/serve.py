"""``lookalike serve``."""

from __future__ import annotations

import logging

import click

from lookalike.cli.options import LibraryType, library_option, short_list_option, verbose_option
from lookalike.cli.output import counted
from lookalike.errors import MissingExtraError, UsageError
from lookalike.system.installing import install_command

__all__ = ["CHANGE_TOKEN_VARIABLE", "DEFAULT_PORT", "TOKEN_VARIABLE", "serve"]

DEFAULT_PORT = 5665  # LOOK on a telephone
TOKEN_VARIABLE = "LOOKALIKE_TOKEN"  # noqa: S105 - the name of it
CHANGE_TOKEN_VARIABLE = "LOOKALIKE_CHANGE_TOKEN"  # noqa: S105 - the name of it

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
@click.option(
    "--allow-changes",
    is_flag=True,
    help="Let who has a second token act on pictures: trash, move, link, index.",
)
@click.option(
    "--change-token",
    envvar=CHANGE_TOKEN_VARIABLE,
    metavar="TOKEN",
    show_default=f"${CHANGE_TOKEN_VARIABLE}, else made for this run",
    help="The token for --allow-changes.",
)
@click.option(
    "--read-only",
    is_flag=True,
    help="Write nothing: no decision, no cache beside the library, no file.",
)
@click.option(
    "--behind-proxy",
    metavar="ADDRESSES",
    help="Reverse proxies that are believed who asks: addresses or networks, with commas.",
)
@click.option("--metrics", is_flag=True, help="Give figures for Prometheus at /metrics.")
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
    "--max-sent-pixels",
    default=100,
    show_default=True,
    metavar="MP",
    type=click.IntRange(1, 1000),
    help="Largest picture that can be searched by, in millions of pixels.",
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
@short_list_option
@library_option
@verbose_option
@click.pass_context
def serve(
    context: click.Context,
    file: str | None,
    host: str,
    port: int,
    token: str | None,
    allow_changes: bool,
    change_token: str | None,
    read_only: bool,
    behind_proxy: str | None,
    metrics: bool,
    open_page: bool,
    max_upload: int,
    max_pixels: int,
    max_sent_pixels: int,
    workers: int | None,
    rate: int,
    short_list: int | None,
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
        from lookalike.server.listen import address_of, bind, lines_for, run
        from lookalike.server.proxies import Proxies, parse_networks
        from lookalike.server.settings import Settings, check_token, new_token
    except ImportError as error:
        raise MissingExtraError(
            f"serving takes Starlette and Uvicorn ({error}): {install_command('server')}"
        ) from error
    from dataclasses import replace

    if change_token and not allow_changes and not _from_environment(context, "change_token"):
        raise UsageError("--change-token does nothing without --allow-changes")
    if read_only and allow_changes:
        raise UsageError("--read-only and --allow-changes contradict each other: leave one out")
    proxies = () if behind_proxy is None else parse_networks(behind_proxy)
    if proxies and not token:
        raise UsageError(
            "--behind-proxy takes a --token: whoever the proxy lets in could see all pictures"
        )
    settings = Settings(
        token=check_token(token) if token else None,
        change_token=_change_token(change_token, token) if allow_changes else None,
        proxies=proxies,
        metrics=metrics,
        read_only=read_only,
        upload_bytes=max_upload * 1_000_000,
        sent_pixels=min(max_sent_pixels, max_pixels) * 1_000_000,
        rate=rate,
        short_list=short_list,
        burst=max(_PAGE, 3 * rate),
    )
    settings = replace(settings, limits=replace(settings.limits, pixels=max_pixels * 1_000_000))
    if workers is not None:
        settings = replace(settings, workers=workers)
    pictures = _count(library, short_list, read_only=read_only)
    taken = bind(host, port)
    try:
        address, port, local = address_of(taken)
        if settings.token is None and not local:
            settings = replace(settings, token=new_token())
        # All users of this machine see what a browser is started with: no token that lasts.
        invitation = new_token() if open_page and settings.token is not None else None
        settings = replace(settings, port=port, invitation=invitation)
        app = create_app(library, settings)
        url = _url(address, port, settings.token)
        everywhere = " (on all addresses of this machine)" if address in _ALL else ""
        # What the environment holds is not for who reads what is printed.
        hidden = bool(token) and _from_environment(context, "token")
        told = _url(address, port, None) if hidden else url
        which = f" (with the token in {TOKEN_VARIABLE})" if hidden else ""
        click.echo(
            f"serving {counted(pictures, 'picture')} at {told}{everywhere}{which}; Ctrl-C ends it"
        )
        if settings.change_token is not None:
            hidden = bool(change_token) and _from_environment(context, "change_token")
            told = _url(address, port, None if hidden else settings.change_token)
            which = f" (with the token in {CHANGE_TOKEN_VARIABLE})" if hidden else ""
            click.echo(f"to change pictures, too: {told}{which}")
        run(
            app,
            taken,
            lines_for(Proxies(proxies)),
            log=logging.getLogger("lookalike").isEnabledFor(logging.DEBUG),
            begun=(lambda: _open(_url(address, port, invitation))) if open_page else None,
        )
    finally:
        taken.close()


def _from_environment(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.ENVIRONMENT


def _change_token(given: str | None, token: str | None) -> str:
    """The token that allows changes: another one than the one for asking.

    Raises:
        UsageError: it won't do.
    """
    from lookalike.server.settings import check_token, new_token

    if not given:
        return new_token()
    if given == token:
        raise UsageError("--change-token is the same as --token: give another one, or none")
    return check_token(given)


_ALL = ("0.0.0.0", "::")  # noqa: S104 - to be recognised


def _count(library: str, short_list: int | None, *, read_only: bool) -> int:
    """Pictures of the library; that it can be opened is said before a port is taken."""
    from lookalike.library import Library

    with Library.open(library, create=False, read_only=read_only, short_list=short_list) as opened:
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
