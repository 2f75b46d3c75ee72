"""Addresses of libraries on servers: ``scheme://user:secret@host:port/name?option=value``.

What is secret in an address is remembered for this process, under the address without it. So no
other text that is printed, logged or kept has it, and the address without it still opens the
library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from lookalike.errors import UsageError

__all__ = ["Address"]

_SECRET = frozenset({"password", "token", "sslpassword", "api_key"})
_REMEMBERED: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a library is on a server.

    Attributes:
        scheme: in small letters.
        user: empty where none is named.
        host: empty where none is named.
        port: ``None`` where none is named.
        names: the parts of the path, such as a database and a library in it; at least one.
        options: what stands behind the question mark, with what is secret in it.
        secret: the password or the token behind the user; never printed.
    """

    scheme: str
    user: str
    host: str
    port: int | None
    names: tuple[str, ...]
    options: Mapping[str, str] = field(repr=False)
    secret: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address.

        Raises:
            UsageError: it is none; the message doesn't repeat it.
        """
        scheme = text.partition("://")[0]
        form = f"{scheme}://USER@HOST:PORT/NAME"
        if not text.isprintable():
            raise UsageError(f"a {scheme}:// address holds characters that can't be seen: {form}")
        try:
            parts = urlsplit(text)
            port, host = parts.port, _host(parts.netloc)
            pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        except ValueError as error:  # may quote all of it
            raise UsageError(
                f"a {scheme}:// address can't be read (a port is 1 to 65535, options are"
                f" name=value): {form}"
            ) from error
        names = tuple(unquote(name) for name in parts.path.split("/") if name)
        if not names:
            raise UsageError(f"a {scheme}:// address names a library behind its host: {form}")
        if parts.fragment:
            raise UsageError(f"a {scheme}:// address has nothing behind #: {form}")
        if any("@" in name for name in names):
            raise UsageError(
                f"a {scheme}:// address has an @ behind its host: write / ? # and @ in a password"
                " as %2F %3F %23 and %40"
            )
        user, secret = unquote(parts.username or ""), unquote(parts.password or "")
        hidden = tuple((name, value) for name, value in pairs if name in _SECRET)
        options = {name: value for name, value in pairs if name not in _SECRET}
        if len(options) + len(hidden) < len(pairs):
            raise UsageError(f"a {scheme}:// address has an option twice: name each once")
        bare = cls(parts.scheme.lower(), user, host, port, names, options)
        if secret or hidden:
            _REMEMBERED[bare.shown] = secret, hidden
        secret, hidden = _REMEMBERED.get(bare.shown, (secret, hidden))
        return cls(bare.scheme, user, host, port, names, {**options, **dict(hidden)}, secret=secret)

    @property
    def shown(self) -> str:
        """The address without what is secret."""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        at = f"{quote(self.user, safe='')}@" if self.user else ""
        port = "" if self.port is None else f":{self.port}"
        path = "/".join(quote(name, safe="") for name in self.names)
        options = {name: self.options[name] for name in self.options if name not in _SECRET}
        asked = f"?{urlencode(options, safe='/')}" if options else ""
        return f"{self.scheme}://{at}{host}{port}/{path}{asked}"

    def digest(self, port: int, *more: str) -> str:
        """Letters and digits that tell the library from any other.

        Args:
            port: that stands for none.
            more: what else tells libraries apart, such as an option.
        """
        told = (self.scheme, self.host, str(self.port or port), *self.names, *more)
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]


def _host(netloc: str) -> str:
    """The host, in small letters unless it is the folder of a socket."""
    where = netloc.rpartition("@")[2]
    if where.startswith("["):
        return where[1:].partition("]")[0].lower()
    host = unquote(where.partition(":")[0])
    return host if host.startswith("/") else host.lower()
