"""Whether a server that is there doesn't let in who asks: what no waiting mends."""

from __future__ import annotations

import base64
from pathlib import Path

from lookalike.remote.milvus.place import MilvusPlace

__all__ = ["is_refused"]

_METHOD = "/milvus.proto.milvus.MilvusService/ShowCollections"
_SECONDS = 10.0


def is_refused(place: MilvusPlace) -> bool:
    """Ask once without pymilvus, which says of a wrong password that the server may be away.

    What is asked for is nothing that a server with the right one would have to work for.
    """
    import grpc

    secret = place.token or (f"{place.user}:{place.password}" if place.user else "")
    known = (("authorization", base64.b64encode(secret.encode()).decode()),) if secret else ()
    target = f"{place.host}:{place.port}"
    try:
        if place.tls:
            trusted = Path(place.ca).read_bytes() if place.ca else None
            channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(trusted))
        else:
            channel = grpc.insecure_channel(target)
        with channel:
            channel.unary_unary(_METHOD)(b"", metadata=known, timeout=_SECONDS)
    except grpc.RpcError as error:
        code: object = error.code()
        return code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
    except OSError:
        return False
    return False
