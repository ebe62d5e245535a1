"""nginx with the configuration of the compose file, in front of services on this machine."""

import asyncio
import contextlib
import re
import shutil
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from huying.local.embedded import free_port
from tests.deploy.programs import DEPLOY

NGINX = shutil.which("nginx")
NOT_HERE = "NOT RUN: no nginx here; on Debian `apt-get install nginx-light`"
CERTIFICATE = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
READY_S = 20


@dataclass(frozen=True)
class Proxy:
    """Where the proxy listens: the public door, that with plain HTTP, and the one inside."""

    port: int
    plain_port: int
    inside_port: int
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def proxied(ports: Mapping[str, int], folder: Path) -> AsyncIterator[Proxy]:
    """Run nginx before services on these ports of 127.0.0.1. RuntimeError where it does not start."""
    assert NGINX is not None
    await _certify(folder)
    proxy = Proxy(
        free_port(), free_port(), free_port(), ssl.create_default_context(cafile=folder / "tls_certificate")
    )
    written = await asyncio.to_thread(_write_configuration, proxy, ports, folder)
    process = await asyncio.create_subprocess_exec(
        NGINX, "-c", str(written), "-g", "daemon off; user root;", "-e", str(folder / "error.log")
    )
    try:
        await _listens(proxy.port, process, folder)
        yield proxy
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _certify(folder: Path) -> None:
    """A certificate of one day for 127.0.0.1."""
    making = await asyncio.create_subprocess_exec(
        *CERTIFICATE,
        *("-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(folder / "tls_key"), "-out", str(folder / "tls_certificate")),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await making.wait() == 0


def _write_configuration(proxy: Proxy, ports: Mapping[str, int], folder: Path) -> Path:
    """The file of the deployment, with the places of this machine in those of the containers."""
    (folder / "upstreams.map").write_text(
        "".join(f"{name} 127.0.0.1:{port};\n" for name, port in ports.items())
    )
    text = (DEPLOY / "proxy" / "nginx.conf").read_text("utf-8")
    places = {
        "/tmp/": f"{folder}/",
        "/run/secrets/": f"{folder}/",
        "/dev/stderr": f"{folder}/error.log",
        "/dev/stdout": f"{folder}/access.log",
        "listen 8080": f"listen 127.0.0.1:{proxy.plain_port}",
        "listen 8443": f"listen 127.0.0.1:{proxy.port}",
        "listen 8081": f"listen 127.0.0.1:{proxy.inside_port}",
        "rate=50r/s": "rate=1r/s",  # a busy machine may not come to fifty in a second
    }
    for there, here in places.items():
        assert there in text, f"{there} is not in nginx.conf"
        text = text.replace(there, here)
    text = re.sub(r"resolver 127\.0\.0\.11 [^;]*;", "", text)  # names of containers; here are addresses
    file = folder / "nginx.conf"
    file.write_text(text, "utf-8")
    return file


async def _listens(port: int, process: asyncio.subprocess.Process, folder: Path) -> None:
    for _ in range(READY_S * 20):
        if process.returncode is not None:
            break
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise RuntimeError(f"nginx does not listen: {await asyncio.to_thread((folder / 'error.log').read_text)}")
