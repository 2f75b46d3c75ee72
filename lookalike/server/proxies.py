"""Proxies: seen where none should be, and believed where one was named."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from starlette.datastructures import Headers

from lookalike.errors import UsageError

__all__ = ["Network", "Proxies", "parse_networks", "was_forwarded"]

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# What proxies, load balancers, content networks and tunnels add; browsers and programs do not.
_ADDED: Final = re.compile(
    r"x-forwarded|forwarded|via$|x-real-|x-client-ip|client-ip|x-cluster-client|x-remote-"
    r"|true-client|cf-|cdn-|x-original-|x-rewrite-|x-proxy|proxy-(?!connection|auth)|x-host$"
    r"|x-scheme$|x-envoy-|x-amzn-|x-amz-cf-|x-azure-|x-arr-|x-appengine-|x-cloud-trace"
    r"|fastly-|fly-|x-vercel-|x-nginx-|x-varnish|x-akamai|akamai-|x-sucuri|incap-|x-bluecoat"
    r"|x-nf-|tailscale-|x-tailscale|ngrok-|x-ngrok|x-traefik|x-haproxy|x-ssl|ssl-"
    r"|front-end-https|wl-proxy-|x-wap-|x-coming-from|z-forwarded|http-x-|x-up-|x-served-by"
    r"|x-loop|max-forwards$|x-squid"
)
_FOR: Final = re.compile(r'(?:^|[;,])\s*for\s*=\s*("[^"]{0,60}"|[^\s;,"]{1,60})', re.IGNORECASE)
_MOST_HOPS = 50


def was_forwarded(headers: Headers) -> bool:
    """Whether a request has a header that only what stands in between adds."""
    return any(_ADDED.match(name) for name in headers)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas, such as ``127.0.0.1,10.0.0.0/8``.

    Raises:
        UsageError: one is none.
    """
    found = []
    for word in (piece.strip() for piece in text.split(",")):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError as error:
            raise UsageError(
                f"{word!r} is no address and no network: give the proxy's, such as 127.0.0.1 or "
                "10.0.0.0/8, several with commas in between"
            ) from error
    return tuple(found)


class Proxies:
    """Tells the client from the proxies that were named as trusted.

    Uvicorn's own way of doing so knows no ``Forwarded``, takes what isn't an address for the
    client, and where all are trusted believes the farthest.

    Args:
        trusted: networks of the proxies; empty for none.
    """

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def client(self, peer: str, headers: Headers) -> tuple[str, bool]:
        """(address of who asks, whether by HTTPS), of a connection from an address.

        Going back from here, the first one that isn't a trusted proxy is the client: whatever
        stands before it, it may have made up itself.
        """
        here = _parse(peer)
        if here is None or not self._trusts(here):
            return peer, False
        https = headers.get("x-forwarded-proto", "").strip().lower() == "https"
        for hop in reversed(_hops(headers)[-_MOST_HOPS:]):
            found = _parse(hop)
            if found is None:
                break
            here = found
            if not self._trusts(here):
                break
        return str(here), https

    def trusts(self, peer: str) -> bool:
        """Whether an address is that of a trusted proxy."""
        found = _parse(peer)
        return found is not None and self._trusts(found)

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _hops(headers: Headers) -> list[str]:
    """Who asked whom: the client first, as far as it can be believed."""
    listed = headers.getlist("x-forwarded-for")
    if listed:
        return ",".join(listed).split(",")
    return _FOR.findall(",".join(headers.getlist("forwarded")))


def _parse(text: str) -> _Address | None:
    """An address, as it stands in a header: in quotes, in brackets, with a port."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
