"""Why a connection isn't made that is encrypted, or should be: what no waiting mends."""

from __future__ import annotations

import socket
import ssl

from lookalike.remote.milvus.place import MilvusPlace

__all__ = ["why_not"]

_SECONDS = 10.0
_ENCRYPTS = "it encrypts: add ?tls=1, or ?ca=FILE where the certificates are your own"


def why_not(place: MilvusPlace) -> str:
    """What is wrong with the certificates of a server that can be reached; empty for nothing.

    pymilvus says of every connection that it can't make that the server may be away. So the
    handshake alone is tried once more.
    """
    if not place.tls:
        return _ENCRYPTS if _encrypts(place) else ""
    try:
        context = ssl.create_default_context(cafile=place.ca or None)
    except OSError as error:  # of which those of ssl are some
        reason = error.strerror if isinstance(error, FileNotFoundError) else "no certificates"
        return f"the certificates in {place.ca} can't be read ({reason})"
    try:
        _shake_hands(place, context)
    except ssl.SSLCertVerificationError as error:
        return f"its certificate doesn't hold ({error.verify_message.rstrip('.')})"
    except ssl.SSLError as error:
        plain_text = error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")
        return "it doesn't encrypt: leave out tls and ca" if plain_text else ""
    except OSError:
        pass  # away, which is waited out
    return ""


def _encrypts(place: MilvusPlace) -> bool:
    """Whether a server takes a handshake; nothing is sent, so its certificate doesn't matter."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        _shake_hands(place, context)
    except OSError:
        return False
    return True


def _shake_hands(place: MilvusPlace, context: ssl.SSLContext) -> None:
    with (
        socket.create_connection((place.host, place.port), timeout=_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=place.host),
    ):
        pass
