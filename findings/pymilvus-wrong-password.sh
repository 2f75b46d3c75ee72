#!/usr/bin/env bash
# pymilvus 3.0.2, beside Milvus 2.3.5 with logins switched on: a client that is made with a wrong
# password gets the error of a server that isn't there, word for word and with the same code. Who
# retries while a server starts waits for a wrong password until the end of its patience, too. The
# server itself says at once that it doesn't know the login: the status UNAUTHENTICATED of gRPC.
#
# Output seen:
#   right password: []
#   wrong password: 2 illegal connection params or server unavailable
#   nobody listens: 2 illegal connection params or server unavailable
#   wrong password, asked by gRPC: UNAUTHENTICATED
set -euo pipefail

folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; rm -rf "$folder"' EXIT
python3 -m venv "$folder/server"
"$folder/server/bin/pip" install --quiet milvus==2.3.5 "setuptools<81"
python3 -m venv "$folder/client"
"$folder/client/bin/pip" install --quiet pymilvus==3.0.2

cat >"$folder/serve.py" <<'EOF'
import sys

import milvus

server = milvus.default_server
server.set_base_dir(sys.argv[1])
server.config.set("common.security.authorizationEnabled", True)
server.wait_for_started = False
server.start()
print(server.listen_port, flush=True)
sys.exit(server.server_proc.wait())
EOF
"$folder/server/bin/python" "$folder/serve.py" "$folder/data" >"$folder/port" 2>"$folder/log" &
server=$!

cat >"$folder/show.py" <<'EOF'
import base64
import logging
import re
import socket
import sys
import time

import grpc
from pymilvus import MilvusClient

logging.disable(logging.CRITICAL)
METHOD = "/milvus.proto.milvus.MilvusService/ShowCollections"


def raw(port, login):
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        known = (("authorization", base64.b64encode(login.encode()).decode()),)
        try:
            channel.unary_unary(METHOD)(b"", metadata=known, timeout=10)
        except grpc.RpcError as error:
            return error.code().name
    return "OK"


def asked(port, password):
    try:
        client = MilvusClient(f"http://127.0.0.1:{port}", user="root", password=password, timeout=5)
        return client.list_collections()
    except Exception as error:
        said = re.search("illegal connection params or server unavailable", str(error))
        return f"{getattr(error, 'code', None)} {said.group() if said else error}"


port = int(sys.argv[1])
for _ in range(120):
    if raw(port, "root:Milvus") == "OK":
        break
    time.sleep(1)
print("right password:", asked(port, "Milvus"))
print("wrong password:", asked(port, "wrong"))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    print("nobody listens:", asked(free.getsockname()[1], "Milvus"))
print("wrong password, asked by gRPC:", raw(port, "root:wrong"))
EOF
for _ in $(seq 120); do [ -s "$folder/port" ] && break; sleep 1; done
"$folder/client/bin/python" -W ignore "$folder/show.py" "$(cat "$folder/port")" 2>/dev/null | tee "$folder/shown"

diff "$folder/shown" - <<'EOF'
right password: []
wrong password: 2 illegal connection params or server unavailable
nobody listens: 2 illegal connection params or server unavailable
wrong password, asked by gRPC: UNAUTHENTICATED
EOF
