"""The manifests are what Kubernetes and KEDA accept, and say the same as the services."""

import importlib
import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from huying.local.services import load, settings_for
from services import SERVICES
from tests.deploy.programs import DEPLOY, ROOT, program

FOLDER = DEPLOY / "k8s"
OVERLAYS = ("small", "city")
VERSION = "1.34"
EXTENSIONS = ("keda.sh", "monitoring.coreos.com", "gateway.networking.k8s.io")
"""Kinds of others, whose schemas are not Kubernetes' own."""

Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> list[Manifest]:
    """Every object of an overlay, as `kubectl apply -k` sends it."""
    built = ROOT / ".huying" / "kustomize"
    kustomize = str(built) if built.exists() else program("kustomize", "make kustomize; it needs Go")
    command = [kustomize, "build", str(FOLDER / "overlays" / overlay)]
    completed_process = subprocess.run(command, capture_output=True, text=True)
    assert completed_process.returncode == 0, completed_process.stderr
    return list(yaml.safe_load_all(completed_process.stdout))


def of(overlay: str, kind: str) -> dict[str, Manifest]:
    """The objects of one kind by name."""
    return {
        manifest["metadata"]["name"]: manifest for manifest in rendered(overlay) if manifest["kind"] == kind
    }


def pods(overlay: str) -> dict[str, Manifest]:
    """The pod of everything that runs, by name."""
    return {
        name: manifest["spec"]["template"]
        for kind in ("Deployment", "StatefulSet", "Job")
        for name, manifest in of(overlay, kind).items()
    }


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def settings_map(overlay: str) -> Manifest:
    """The settings that all services share."""
    maps = of(overlay, "ConfigMap")
    (name,) = (name for name in maps if re.fullmatch("huying-[a-z0-9]{10}", name))
    return {"name": name, **maps[name]["data"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_accepts_every_manifest(overlay: str) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="NOT RUN: pip: kubernetes-validate")
    for manifest in rendered(overlay):
        if not manifest["apiVersion"].startswith(EXTENSIONS):
            kubernetes.validate(manifest, VERSION, strict=True)
        assert manifest["kind"] == "Namespace" or manifest["metadata"]["namespace"] == "huying"
        assert manifest["kind"] != "Secret"  # made of files, by whoever sets the city up


def test_every_file_is_part_of_what_is_applied() -> None:
    for folder in {file.parent for file in FOLDER.rglob("*.yaml")}:
        text = (folder / "kustomization.yaml").read_text("utf-8")
        for file in folder.iterdir():
            assert file.name == "kustomization.yaml" or file.name in text, f"nothing names {file}"


@pytest.mark.slow
def test_keda_accepts_what_scales(folder: Path) -> None:
    npm = [program("npm", "Debian: npm"), "install", "--silent", "--no-audit", "--prefix", str(folder)]
    completed_process = subprocess.run(
        [*npm, "@kubernetes-models/keda@0.4.2"], capture_output=True, text=True
    )
    assert completed_process.returncode == 0, completed_process.stderr
    check = (
        "const { ScaledObject } = require('@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject');"
        " JSON.parse(process.argv[1]).forEach((one) => new ScaledObject(one).validate())"
    )
    scaled = list(of("city", "ScaledObject").values())
    for objects, accepted in ((scaled, True), ([{"kind": "ScaledObject"}], False)):
        command = [program("node", "Debian: nodejs"), "-e", check, json.dumps(objects)]
        checked = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert (checked.returncode == 0) == accepted, checked.stderr


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_whole_and_speaks_as_itself(service: str, overlay: str) -> None:
    pod = pods(overlay)[service]
    (spec,) = pod["spec"]["containers"]
    assert spec["args"] == ["serve", service]
    for probe in ("startupProbe", "readinessProbe"):
        assert spec[probe]["httpGet"]["path"] == f"/{service}/ready"
    assert spec["livenessProbe"].keys() >= {"tcpSocket"}  # what a restart does not repair must cause none
    stops_s = spec["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert stops_s + 30 < pod["spec"]["terminationGracePeriodSeconds"]
    for kind in ("Service", "PodDisruptionBudget"):
        selector = of(overlay, kind)[service]["spec"]["selector"]
        assert pod["metadata"]["labels"].items() >= selector.get("matchLabels", selector).items()
    assert spec["envFrom"] == [{"configMapRef": {"name": settings_map(overlay)["name"]}}]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_that_runs_may_do_more_than_it_needs(overlay: str) -> None:
    for name, pod in pods(overlay).items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        for container in containers(pod):
            locked = container["securityContext"]
            assert locked["capabilities"] == {"drop": ["ALL"]}, name
            assert locked["allowPrivilegeEscalation"] is False, name
            assert locked.get("readOnlyRootFilesystem") is True or name == "broker", name
            assert "memory" in container["resources"]["limits"], name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_image_comes_from_the_registry_of_the_city_with_a_version(overlay: str) -> None:
    for name, pod in pods(overlay).items():
        for container in containers(pod):
            assert re.fullmatch(r"registry\.example\.gov\.cn/[a-z/-]+:v?\d[\w.-]+", container["image"]), name


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_settings_exist_and_secrets_come_as_files_alone(service: str, overlay: str) -> None:
    (container,) = pods(overlay)[service]["spec"]["containers"]
    shared = {name: value for name, value in settings_map(overlay).items() if name.startswith("HUYING_")}
    own = {variable["name"]: variable["value"] for variable in container["env"]}
    values = {name.removeprefix("HUYING_").lower(): value for name, value in (shared | own).items()}
    assert values.pop("secrets") == values["accounts"].rpartition("/")[0] == "/run/huying"
    volumes = pods(overlay)[service]["spec"]["volumes"]
    sources = next(volume for volume in volumes if volume["name"] == "secrets")["projected"]["sources"]
    files = {item["path"] for source in sources for item in source["secret"]["items"]}
    named = {Path(values[name]).name for name in ("accounts", "token_keys", "data_keys", "seal_key")}
    assert named <= files
    secret = {file.removeprefix("huying_"): "x" * 32 for file in files if file.startswith("huying_")}
    settings = settings_for(load(service), {**values, **secret})
    assert (settings.kafka_user, settings.port) == (service, 8000)
    assert settings.replication == {"small": 1, "city": 3}[overlay]


def test_kafka_and_postgres_of_a_city_are_spoken_to_by_tls() -> None:
    settings = settings_map("city")
    assert settings["HUYING_KAFKA_PROTOCOL"] == "SASL_SSL"
    assert settings["PGSSLMODE"] == "verify-full"
    for pod in (pods("city")[name] for name in (*SERVICES, "databases")):
        (container,) = pod["spec"]["containers"]
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert settings["PGSSLROOTCERT"].rpartition("/")[0] in mounted


def test_a_changed_setting_replaces_the_pods(tmp_path: Path) -> None:
    rendered("city")  # says where kustomize is missing
    copy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, copy)
    with (copy / "k8s/overlays/city/settings.env").open("a", encoding="utf-8") as file:
        file.write("HUYING_LOG_LEVEL=DEBUG\n")
    built = ROOT / ".huying" / "kustomize"
    kustomize = str(built) if built.exists() else program("kustomize", "make kustomize")
    text = subprocess.run(
        [kustomize, "build", str(copy / "k8s/overlays/city")], capture_output=True, text=True
    )
    assert text.returncode == 0, text.stderr
    assert settings_map("city")["name"] not in text.stdout


def test_whoever_hears_much_is_scaled_on_lag_up_to_the_number_of_partitions() -> None:
    scaled = of("city", "ScaledObject")
    services = {name: importlib.import_module(f"services.{name}.app").SERVICE for name in SERVICES}
    assert set(scaled) == {name for name, service in services.items() if len(service.hears) > 1}
    partitions = int(settings_map("city")["HUYING_PARTITIONS"])
    for name, scaler in scaled.items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert scaler["spec"]["maxReplicaCount"] == partitions
        assert "replicas" not in of("city", "Deployment")[name]["spec"]
        metadata = scaler["spec"]["triggers"][0]["metadata"]
        assert f'service="{name}"' in metadata["query"]
        assert metadata["ignoreNullValues"] == "false"


def test_the_small_city_needs_no_kind_that_kubernetes_does_not_have() -> None:
    extensions = [m["kind"] for m in rendered("small") if m["apiVersion"].startswith(EXTENSIONS)]
    assert not extensions


def test_whoever_scrapes_shows_a_key() -> None:
    (endpoint,) = of("city", "PodMonitor")["huying"]["spec"]["podMetricsEndpoints"]
    assert endpoint["authorization"] == {"credentials": {"name": "huying-ops", "key": "ops_key"}}
    volumes = pods("small")["prometheus"]["spec"]["volumes"]
    assert {"name": "key", "secret": {"secretName": "huying-ops", "defaultMode": 0o440}} in volumes


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_connects_to_anybody_unless_it_is_said(overlay: str) -> None:
    policies = of(overlay, "NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    free = {
        name
        for name, policy in policies.items()
        for rule in policy["spec"].get("egress", ())
        if not rule.get("to") or any("ipBlock" in to for to in rule["to"])
    }
    assert free == {"outside", "mail"}
    blocks = [to["ipBlock"] for rule in policies["outside"]["spec"]["egress"] for to in rule["to"]]
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(blocks[0]["except"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_only_door_is_the_proxy_of_the_compose_file(overlay: str) -> None:
    (name,) = (name for name in of(overlay, "ConfigMap") if re.fullmatch("proxy-[a-z0-9]{10}", name))
    given = of(overlay, "ConfigMap")[name]["data"]["nginx.conf"]
    assert given == (DEPLOY / "proxy/nginx.conf").read_text("utf-8")
    open_ = [
        name for name, one in of(overlay, "Service").items() if one["spec"].get("type") == "LoadBalancer"
    ]
    assert open_ == {"small": ["proxy"], "city": []}[overlay]
    for route in of(overlay, "HTTPRoute").values():
        backends = [backend["name"] for rule in route["spec"]["rules"] for backend in rule["backendRefs"]]
        assert backends == ["proxy"]


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8"])
def test_the_proxy_finds_the_services_by_the_names_of_the_cluster(tmp_path: Path, trusted: str) -> None:
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("search huying.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\n", "utf-8")
    environment = {"GIVEN": str(DEPLOY / "proxy"), "PREPARED": str(tmp_path), "RESOLV": str(resolv)}
    subprocess.run(
        ["sh", str(FOLDER / "base/proxy.sh")],
        check=True,
        env={**os.environ, **environment, "TRUSTED_PROXIES": trusted},
    )
    written = (tmp_path / "nginx.conf").read_text("utf-8")
    assert "resolver 10.96.0.10 " in written
    assert "127.0.0.11" not in written
    assert f"include {tmp_path}/upstreams.map" in written
    assert ("set_real_ip_from 10.0.0.0/8;" in written) == bool(trusted)
    upstreams = (tmp_path / "upstreams.map").read_text("utf-8").splitlines()
    assert upstreams == [f"{service} {service}.huying.svc.cluster.local:8000;" for service in SERVICES]


def test_the_script_makes_every_secret_that_something_names(tmp_path: Path) -> None:
    subprocess.run([str(DEPLOY / "secrets.sh"), str(tmp_path / "secrets")], check=True, capture_output=True)
    command = [str(FOLDER / "secrets.sh"), str(tmp_path / "secrets")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    made = {one["metadata"]["name"]: set(one["data"]) for one in yaml.safe_load_all(printed)}
    for overlay in OVERLAYS:
        for pod in pods(overlay).values():
            for name, key in wanted_secrets(pod):
                assert name == "huying-attachments" or name in made, name
                assert key is None or key in made.get(name, {key}), (name, key)


def wanted_secrets(pod: Manifest) -> set[tuple[str, str | None]]:
    """The secrets that a pod names, with the keys."""
    wanted: set[tuple[str, str | None]] = set()
    for volume in pod["spec"]["volumes"]:
        sources = [source["secret"] for source in volume.get("projected", {}).get("sources", ())]
        if "secret" in volume:
            sources.append({"name": volume["secret"]["secretName"], **volume["secret"]})
        for source in sources:
            wanted |= {(source["name"], item["key"]) for item in source.get("items", [{"key": None}])}
    for container in containers(pod):  # the tools of others, which read no files
        for variable in container.get("env", ()):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                wanted.add((reference["name"], reference["key"]))
    return wanted
