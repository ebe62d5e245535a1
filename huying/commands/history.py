"""The commands that write a city's history into a file, and build a city from one."""

import base64
from collections.abc import Sequence
from pathlib import Path

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from huying.archive import audit, databases
from huying.archive.export import export
from huying.archive.rebuild import differences, rebuild, shown
from huying.local.cluster import SEAL_KEY
from shared.audit import seals


async def write(file: Path, state: Path, named: Path | None, seal_key: Path | None, *, records: bool) -> None:
    """`huying export`."""
    key = _key(state, seal_key)
    async with databases.reading(state, named) as urls:
        header = await export(urls, file, key, records=records)
    said = ", ".join(f"{one['name']} {one['events']:,}" for one in header["services"])
    signed = "signed" if key else "NOT signed: there is no key (--seal-key)"
    typer.echo(f"{file}: {said}; as of {header['made_at']}, {signed}")


async def put_back(file: Path, state: Path, named: Path | None, keys: Sequence[str]) -> None:
    """`huying rebuild`. Exit code 1 where the city is not the same."""
    async with databases.making(state, named) as urls:
        before, now = await rebuild(file, urls, audit.read_keys(keys))
    Console().print(shown(before, now))
    if different := differences(before, now):
        typer.echo(f"not the same: {', '.join(different)}: see docs/audit.md / 与原状态不一致", err=True)
        raise typer.Exit(1)
    typer.echo("The same in every table. / 各表均与原状态一致")


def public_key(state: Path, seal_key: Path | None) -> str:
    """In base64. ValueError where there is no key."""
    if (key := _key(state, seal_key)) is None:
        raise ValueError(
            f"there is no key at {state / SEAL_KEY}: `huying up` makes one, or give --seal-key / 没有签名密钥"
        )
    return base64.b64encode(seals.public_bytes(key)).decode()


def _key(state: Path, seal_key: Path | None) -> Ed25519PrivateKey | None:
    file = seal_key or state / SEAL_KEY
    return seals.read_key(file) if seal_key or file.exists() else None
