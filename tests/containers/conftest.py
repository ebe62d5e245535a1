"""One engine and one build of the images for all container tests."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from services import SERVICES
from tests.containers.composed import Composed
from tests.containers.engine import NOW, Engine, engine, working_tree
from tests.containers.story import lived


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engine(tmp_path_factory.mktemp("engine"), Path(os.environ["HUYING_CONTAINERS"])) as running:
        running.take_bases()
        yield running


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout of a city, with files of its own: it keeps every trace, and logs little."""
    checkout = working_tree(tmp_path_factory.mktemp("checkout"))
    own = {name: {"environment": {"HUYING_TRACE_RATIO": "1"}} for name in SERVICES}
    (checkout / "docker-compose.override.yml").write_text(yaml.safe_dump({"services": own}))
    (checkout / "city").mkdir()
    (checkout / "city" / "settings.env").write_text("HUYING_LOG_LEVEL=WARNING\n")
    return checkout


@pytest.fixture(scope="session")
def images(docker: Engine, source: Path) -> dict[str, str]:
    docker.build_city(NOW, source)
    return {**docker.build_standins(), "HUYING_IMAGE": NOW}


@pytest.fixture(scope="module")
def city(
    docker: Engine, source: Path, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    secrets = tmp_path_factory.mktemp("secrets")
    composed = Composed(docker, source, secrets, images)
    began = time.monotonic()
    try:
        composed.up()
        print(f"\nready after {time.monotonic() - began:.0f} s")  # noqa: T201
        yield composed
    finally:
        composed.compose("down", "--volumes", "--timeout", "60", fails=True)


@pytest.fixture(scope="module")
def appeal(city: Composed) -> dict[str, Any]:
    """An appeal that was registered, dispatched and judged through the proxy."""
    return lived(city)
