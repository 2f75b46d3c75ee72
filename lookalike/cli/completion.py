"""``lookalike completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command(short_help="Print a shell's completion script.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes a shell complete commands and options.

    \b
    bash: lookalike completion bash > ~/.local/share/bash-completion/completions/lookalike
    zsh:  lookalike completion zsh > FOLDER/_lookalike, with FOLDER in $fpath
    fish: lookalike completion fish > ~/.config/fish/completions/lookalike.fish
    """  # noqa: D301 - click takes \b, the character, for "don't wrap"
    maker = get_completion_class(shell)
    if maker is None:
        raise click.UsageError(f"no completion for {shell}: choose bash, zsh or fish")
    program = context.find_root().command
    click.echo(maker(program, {}, "lookalike", "_LOOKALIKE_COMPLETE").source())
