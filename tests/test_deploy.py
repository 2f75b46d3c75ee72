"""The examples in deploy/ say only what there is: commands, options, variables, services."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import click
import pytest

from lookalike.cli import program
from lookalike.remote.addresses import Address
from lookalike.server.proxies import parse_networks

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parent.parent
VARIABLES = {"LOOKALIKE_LIBRARY", "LOOKALIKE_TOKEN", "PGPASSWORD"}


def check(words: list[str]) -> None:
    """The command line could be typed."""
    _, command, left = program.resolve_command(click.Context(program), list(words))
    assert command is not None
    given = command.make_context("", list(left)).params
    if given.get("behind_proxy") is not None:
        assert parse_networks(given["behind_proxy"])  # it takes what comes next, whatever that is


@pytest.mark.parametrize(
    ("file", "engine", "variables"),
    [
        ("compose.yaml", "postgres", VARIABLES),
        ("compose-milvus.yaml", "milvus", VARIABLES - {"PGPASSWORD"}),
    ],
)
def test_compose(file: str, engine: str, variables: set[str]) -> None:
    text = (ROOT / "deploy" / file).read_text()
    told: dict[str, Any] = yaml.safe_load(text)
    services = told["services"]
    assert set(services) == {engine, "one", "two", "address"}
    (network,) = told["networks"]["default"]["ipam"]["config"]
    proxied = services["address"]["networks"]["default"]["ipv4_address"]
    assert ip_address(proxied) in ip_network(network["subnet"])
    proxy = (ROOT / "deploy/nginx.conf").read_text()
    for name in ("one", "two"):
        check(services[name]["command"])
        assert set(services[name]["environment"]) == variables
        library = Address.parse(services[name]["environment"]["LOOKALIKE_LIBRARY"])
        assert library.host == engine
        assert proxied in services[name]["command"]
        assert f"server {name}:5665;" in proxy
    mounted = {v.split(":")[0] for s in services.values() for v in s["volumes"] if v[0] != "."}
    assert mounted == set(told["volumes"])
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
    # Nobody else reaches it until somebody says so, and no password has a default.
    assert services["address"]["ports"] == ["127.0.0.1:8080:80"]
    assert not [s for name, s in services.items() if name != "address" and "ports" in s]
    assert text.count(":?set it}") == len(variables) - 1 + (engine == "postgres")


def test_kubernetes() -> None:
    text = (ROOT / "deploy/kubernetes.yaml").read_text()
    deployment, service, job = yaml.safe_load_all(text)
    assert [one["kind"] for one in (deployment, service, job)] == ["Deployment", "Service", "Job"]
    spec = deployment["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == spec["template"]["metadata"]["labels"]
    for pod in (spec["template"]["spec"], job["spec"]["template"]["spec"]):
        (container,) = pod["containers"]
        check(container["args"])
        assert {one["name"] for one in container["env"]} == VARIABLES
        assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    (container,) = spec["template"]["spec"]["containers"]
    port = service["spec"]["ports"][0]["targetPort"]
    assert container["ports"] == [{"containerPort": port}]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["port"] == port
        assert asked["path"] in ("/readyz", "/livez")


def test_the_image_speaks_to_servers() -> None:
    assert '"$1[server,raw,remote,move]"' in (ROOT / "Dockerfile").read_text()
