"""The manifests are what Kubernetes and KEDA accept, and say the same as the services."""

import importlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from huying.local.services import load, settings_for
from services import SERVICES
from tests.deploy.programs import DEPLOY, program

FOLDER = DEPLOY / "k8s"
OURS = "kustomize.config.k8s.io"
KEDA = "keda.sh"
VERSION = "1.34"


def manifests() -> list[dict[str, Any]]:
    """Every object of every file that the kustomization lists."""
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))["resources"]
    texts = [(FOLDER / name).read_text("utf-8") for name in listed]
    return [manifest for text in texts for manifest in yaml.safe_load_all(text)]


def of(kind: str) -> dict[str, dict[str, Any]]:
    """The objects of one kind by name."""
    return {manifest["metadata"]["name"]: manifest for manifest in manifests() if manifest["kind"] == kind}


def container(service: str) -> dict[str, Any]:
    """The one container of a service."""
    (only,) = of("Deployment")[service]["spec"]["template"]["spec"]["containers"]
    return dict(only)


def test_kubernetes_accepts_every_manifest_and_every_file_is_listed() -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="NOT RUN: pip: kubernetes-validate")
    for manifest in manifests():
        if not manifest["apiVersion"].startswith(KEDA):
            kubernetes.validate(manifest, VERSION, strict=True)
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert {*listed, "kustomization.yaml"} == {file.name for file in FOLDER.iterdir()}


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
    for objects, accepted in ((list(of("ScaledObject").values()), True), ([{"kind": "ScaledObject"}], False)):
        command = [program("node", "Debian: nodejs"), "-e", check, json.dumps(objects)]
        checked = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert (checked.returncode == 0) == accepted, checked.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_whole_and_speaks_as_itself(service: str) -> None:
    pod = of("Deployment")[service]["spec"]["template"]
    spec = container(service)
    assert spec["args"] == ["serve", service]
    for probe in ("startupProbe", "readinessProbe"):
        assert spec[probe]["httpGet"]["path"] == f"/{service}/ready"
    assert spec["livenessProbe"].keys() >= {"tcpSocket"}  # what a restart does not repair must cause none
    assert pod["metadata"]["annotations"]["prometheus.io/path"] == f"/{service}/metrics"
    assert spec["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    for kind in ("Service", "PodDisruptionBudget"):
        selector = of(kind)[service]["spec"]["selector"]
        assert pod["metadata"]["labels"].items() >= selector.get("matchLabels", selector).items()
    path = of("Ingress")["huying"]["spec"]["rules"][0]["http"]["paths"]
    assert f"/{service}" in {rule["path"] for rule in path}


@pytest.mark.parametrize("service", SERVICES)
def test_settings_exist_and_secrets_come_as_files_alone(service: str) -> None:
    variables = of("ConfigMap")["huying"]["data"] | {
        variable["name"]: variable["value"] for variable in container(service)["env"]
    }
    values = {name.removeprefix("HUYING_").lower(): value for name, value in variables.items()}
    assert values.pop("secrets") == values["accounts"].rpartition("/")[0] == "/run/huying"
    volumes = of("Deployment")[service]["spec"]["template"]["spec"]["volumes"]
    sources = next(volume for volume in volumes if volume["name"] == "secrets")["projected"]["sources"]
    files = {item["path"].removeprefix("huying_") for source in sources for item in source["secret"]["items"]}
    secret = dict.fromkeys(files - {"accounts"}, "x" * 32)
    settings = settings_for(load(service), {**values, **secret})
    assert (settings.kafka_user, settings.replication, settings.port) == (service, 3, 8000)
    assert "Secret" not in {manifest["kind"] for manifest in manifests()}


def test_whoever_hears_much_is_scaled_on_lag_up_to_the_number_of_partitions() -> None:
    scaled = of("ScaledObject")
    services = {name: importlib.import_module(f"services.{name}.app").SERVICE for name in SERVICES}
    assert set(scaled) == {name for name, service in services.items() if len(service.hears) > 1}
    partitions = int(of("ConfigMap")["huying"]["data"]["HUYING_PARTITIONS"])
    for name, scaler in scaled.items():
        assert scaler["spec"]["scaleTargetRef"]["name"] == name
        assert scaler["spec"]["maxReplicaCount"] == partitions
        assert "replicas" not in of("Deployment")[name]["spec"]
        assert f'service="{name}"' in scaler["spec"]["triggers"][0]["metadata"]["query"]
