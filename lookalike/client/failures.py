"""What goes wrong when a server is asked, as errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.errors import ServerError

if TYPE_CHECKING:
    import httpx

__all__ = ["refused", "unreached"]


def refused(response: httpx.Response) -> ServerError:
    """The error that a refusal tells."""
    try:
        told = response.json()["error"]
        return ServerError(str(told["message"]), response.status_code, str(told["code"]))
    except (ValueError, KeyError, TypeError):
        return ServerError(
            f"the server answered {response.status_code}, and not as lookalike does",
            response.status_code,
            "unknown",
        )


def unreached(http: httpx.Client, error: Exception) -> ServerError:
    """The error of a server that gave no answer."""
    why = str(error).splitlines()[0] if str(error) else type(error).__name__
    return ServerError(f"no answer from {http.base_url}: {why}", 0, "unreached")
