"""`huying keys`: the key rings by which personal data are encrypted."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from huying.commands.archive import Databases
from huying.commands.options import STATE, State
from huying.commands.running import run_until_stopped

app = typer.Typer(no_args_is_help=True, help="The keys by which personal data are encrypted.")
Rings = Annotated[
    Path | None,
    typer.Option("--rings", help="Folder of the key rings, SERVICE.yaml each; else the state folder's."),
]


@app.command()
def make(
    file: Annotated[Path, typer.Argument(help="Where the new key ring is written.", dir_okay=False)],
    later: Annotated[
        bool, typer.Option("--later", help="Encrypt nothing until `keys begin`: for a rolling upgrade.")
    ] = False,
) -> None:
    """Make a key ring with one key, readable by its owner alone."""
    from huying.local.data_keys import today
    from shared.encryption import keyring

    if file.exists():
        raise ValueError(f"{file} is there already: `huying keys rotate` adds a key / 密钥环已存在")
    keyring.make(file, keyring.new_id(today()), later=later)
    typer.echo(f"{file}: keep a copy apart from the backups of the database / 请与数据库备份分开保存")


@app.command()
def begin(
    files: Annotated[list[Path], typer.Argument(help="Key rings that were made with --later.")],
) -> None:
    """Encrypt from now on: no replica of the version before encryption may run any more."""
    from shared.encryption import keyring

    for file in files:
        ring = keyring.read(file)
        if ring.encrypts:
            raise ValueError(f"{file} encrypts already / 密钥环已启用加密")
        keyring.write(file, ring.model_copy(update={"encrypts": next(iter(ring.keys))}))
        typer.echo(f"{file}: encrypts from now on / 已启用加密")


@app.command()
def rotate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Key rings; else those of the state folder.")
    ] = None,
    state: State = STATE,
) -> None:
    """Add a key that encrypts from now on. Services encrypt older rows by it while they work."""
    from huying.local.data_keys import DATA_KEYS, today
    from shared.encryption import keyring

    rings = files or sorted((state / DATA_KEYS).glob("*.yaml"))
    if not rings:
        raise ValueError(f"there is no key ring below {state}: name the files / 未找到密钥环，请指明文件")
    for file in rings:
        ring, key = keyring.read(file), keyring.new_id(today())
        if ring.encrypts is None:
            raise ValueError(f"{file} encrypts nothing yet: `huying keys begin` / 密钥环尚未启用加密")
        keys = {**ring.keys, key: keyring.new_secret()}
        keyring.write(file, ring.model_copy(update={"encrypts": key, "keys": keys}))
        typer.echo(f"{file}: {key} encrypts from now on / 新密钥已启用")


@app.command()
def status(state: State = STATE, databases: Databases = None) -> None:
    """How far older rows were encrypted anew, and in how many rows each key is still needed."""
    run_until_stopped(show_status(state, databases))


@app.command()
def retire(
    service: str, key: str, state: State = STATE, databases: Databases = None, rings: Rings = None
) -> None:
    """Take a key that no row needs any more out of a service's key ring. Backups of before still need it."""
    run_until_stopped(retire_key(service, key, state, databases, rings))


async def show_status(state: Path, named: Path | None) -> None:
    from huying.archive.databases import reading
    from huying.local.services import load
    from shared.database.connection import Database
    from shared.encryption import usage

    renewed = Table("service", "column", "key", "rows", "encrypted anew", "done")
    needed = Table("service", "key", "rows that need it")
    async with reading(state, named) as urls:
        for service, url in urls.items():
            async with Database(url, 1).connect() as conn:
                for name, key, seen, changed, done_at in await usage.renewals(conn):
                    renewed.add_row(service, name, key, f"{seen:,}", f"{changed:,}", str(done_at or "…"))
                for key, rows in (await usage.keys_needed(conn, load(service).encrypted_columns)).items():
                    needed.add_row(service, key, f"{rows:,}")
    for table in (renewed, needed):
        Console(markup=False).print(table)


async def retire_key(service: str, key: str, state: Path, named: Path | None, rings: Path | None) -> None:
    from huying.archive.databases import reading
    from huying.local.data_keys import ring_file
    from huying.local.services import load
    from shared.database.connection import Database
    from shared.encryption import keyring, usage

    columns = load(service).encrypted_columns
    file = rings / f"{service}.yaml" if rings else ring_file(state, service)
    ring = keyring.read(file)
    if key not in ring.keys or key == ring.encrypts:
        raise ValueError(
            f"{key} is not in {file}, or it encrypts: rotate first / 密钥不存在或正在使用，请先轮换"
        )
    async with reading(state, named) as urls, Database(urls[service], 1).begin() as conn:
        if rows := (await usage.keys_needed(conn, columns)).get(key):
            raise ValueError(
                f"{rows:,} rows of {service} are still encrypted by {key}: `huying keys status` shows how far"
                f" renewal has come / {service} 仍有 {rows:,} 行使用该密钥"
            )
        await usage.forget(conn, key)
    keys = {name: secret for name, secret in ring.keys.items() if name != key}
    keyring.write(file, ring.model_copy(update={"keys": keys}))
    typer.echo(f"{file}: {key} is taken out / 已移除密钥")
