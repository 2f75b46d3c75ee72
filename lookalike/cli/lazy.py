"""A group of commands, each of which is imported when it is called and not before."""

from __future__ import annotations

import importlib
import keyword
from collections.abc import Iterator, Mapping, MutableMapping

import click

__all__ = ["LazyGroup"]


class _Commands(MutableMapping[str, click.Command]):
    """Commands by name; looking one up imports the module that is named for it."""

    def __init__(self, package: str, names: Mapping[str, str]) -> None:
        self._package = package
        self._names = dict.fromkeys(names)
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            if name not in self._names:
                raise KeyError(name)
            word = name.replace("-", "_")
            if keyword.iskeyword(word):
                word += "_"
            module = importlib.import_module(f"{self._package}.{word}")
            self._loaded[name] = getattr(module, word)
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._names[name] = None
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        self._loaded.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class LazyGroup(click.Group):
    """A group that knows its commands by name, and prints its help without importing them.

    Each command stands in the module ``package.name``, as the object ``name``, with ``_`` where the
    command has ``-``.

    Args:
        package: of the modules.
        told: the commands' names, and the short help of each, which is also in its module.
        settings: of the group, as for :class:`click.Group`.
    """

    def __init__(self, *, package: str, told: Mapping[str, str], **settings: object) -> None:
        super().__init__(commands=_Commands(package, told), **settings)  # type: ignore[arg-type]
        self._told = told

    def invoke(self, context: click.Context) -> object:
        """Run a command; what its options are given wrongly names the help of that command."""
        try:
            return super().invoke(context)
        except click.UsageError as error:
            # Of an option without its value Click doesn't say whose it is.
            name = context.invoked_subcommand
            if error.ctx is None and name is not None and name in self.commands:
                error.ctx = click.Context(self.commands[name], parent=context, info_name=name)
            raise

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands into the help."""
        rows = [
            (name, self._told.get(name) or self.commands[name].get_short_help_str())
            for name in self.list_commands(context)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
