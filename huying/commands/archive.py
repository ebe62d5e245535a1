"""`huying export`, `huying rebuild` and `huying audit`: a city's history as a file."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from huying.commands.options import STATE, State, Url
from huying.commands.running import run_until_stopped

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from huying.archive.attachments import Inventory
    from huying.archive.databases import Urls
    from huying.archive.reads import ShownRead

audit = typer.Typer(no_args_is_help=True, help="Whether a file of the city's history is what the city said.")

Databases = Annotated[
    Path | None,
    typer.Option(help="Databases elsewhere: a YAML file, a line `service: URL` for each.", exists=True),
]
SealKey = Annotated[
    Path | None,
    typer.Option(
        "--seal-key", envvar="HUYING_SEAL_KEY", help="The key that signs; else the state folder's seal.key."
    ),
]
Files = Annotated[
    Path | None, typer.Option("--files", help="The folder of the attachments' files.", file_okay=False)
]
AuditorKey = Annotated[
    str | None, typer.Option("--key", envvar="HUYING_KEY", help="API key of an auditor's account there.")
]
PublicKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--key", help="A public key that may have signed, or a file of it; more than once for several."
    ),
]


def export(
    file: Annotated[Path, typer.Argument(help="Named .ndjson.gz, or .ndjson.", dir_okay=False)],
    state: State = STATE,
    databases: Databases = None,
    public: Annotated[bool, typer.Option("--public", help="Events alone: for an auditor.")] = False,
    seal_key: SealKey = None,
    files: Files = None,
) -> None:
    """Write the whole history of a city into a file, while it goes on working; a backup, unless --public.

    With --files the attachments are copied too; what the folder has already is not copied again.
    """
    run_until_stopped(export_history(file, state, databases, seal_key, records=not public))
    if files is not None:
        run_until_stopped(export_files(files, state, databases))


def rebuild(
    file: Annotated[
        Path, typer.Option("--from", help="What `huying export` wrote.", exists=True, dir_okay=False)
    ],
    state: State = STATE,
    databases: Databases = None,
    key: PublicKeys = None,
    files: Files = None,
) -> None:
    """Build a city anew in empty databases, and compare it with what the file says of it.

    With --files the attachments are put back from there; all are checked by their hashes.
    """
    run_until_stopped(rebuild_city(file, state, databases, key or [], files))


@audit.command("verify")
def audit_verify(
    file: Annotated[Path, typer.Argument(help="What `huying export` wrote.", exists=True, dir_okay=False)],
    key: PublicKeys = None,
) -> None:
    """Check a file without any database; names the first event that is not as it was said (exit code 1)."""
    from huying.archive import audit

    typer.echo(audit.summary(audit.verified(file, audit.read_keys(key or [])), with_key=bool(key)))


@audit.command("key")
def audit_key(state: State = STATE, seal_key: SealKey = None) -> None:
    """Print the city's public key: to be kept where the city's own people cannot change it."""
    from shared.audit import seals

    key = _key(state, seal_key)
    if key is None:
        raise ValueError(
            f"there is no key at {_own_key(state)}: `huying up` makes one, or give --seal-key / 没有签名密钥"
        )
    typer.echo(base64.b64encode(seals.public_bytes(key)).decode())


@audit.command("reads")
def audit_reads(
    file: Annotated[
        Path | None, typer.Option("--from", help="What `huying export` wrote.", exists=True, dir_okay=False)
    ] = None,
    state: State = STATE,
    url: Url = None,
    key: AuditorKey = None,
    account: Annotated[str | None, typer.Option(help="Reads of this account alone.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Refused cases alone.")] = False,
) -> None:
    """Who read personal data, when, from where and why: of the running services, or of a file.

    Of a file every row is held against the hash chain; exit code 1 where one was altered or is gone.
    """
    from huying.archive.reads import of_file
    from huying.archive.reads_online import of_services

    rows = of_file(file) if file is not None else of_services(state, url, key)
    wanted = [row for row in rows if account in (None, row.account) and (not refused or not row.kinds)]
    typer.echo(_reads_table(wanted))
    if any(row.problem for row in rows):
        raise typer.Exit(1)


def _reads_table(rows: "Sequence[ShownRead]") -> str:
    """The reads, a line each with tabs between, so that other programs take them as well."""
    head = "service\tat\taccount\trole\taddress\tcases\tkinds\tpurpose\treason\tproblem"
    lines = [
        "\t".join(",".join(part) if isinstance(part, tuple) else " ".join(str(part).split()) for part in row)
        for row in rows
    ]
    return "\n".join([head, *lines])


async def export_history(
    file: Path, state: Path, named: Path | None, seal_key: Path | None, *, records: bool
) -> None:
    """Write the file and print what is in it. `records`: the tables too, not the events alone."""
    from huying.archive import databases
    from huying.archive.export import export

    key = _key(state, seal_key)
    async with databases.reading(state, named) as urls:
        header = await export(urls, file, key, records=records)
    counts = ", ".join(f"{service['name']} {service['events']:,}" for service in header["services"])
    signed = "signed" if key else "NOT signed: there is no key (--seal-key)"
    typer.echo(f"{file}: {counts}; as of {header['made_at']}, {signed}")


async def export_files(files: Path, state: Path, named: Path | None) -> None:
    """Copy the attachments and print how many. Exit code 1 where one is missing or altered."""
    from huying.archive import attachments, databases

    async with databases.reading(state, named) as urls:
        storage = attachments.storage_beside(urls["intake"], _own_files(state, named))
        _print(await attachments.save(urls["intake"], storage, files))


async def rebuild_city(
    file: Path, state: Path, named: Path | None, keys: Sequence[str], files: Path | None = None
) -> None:
    """Fill the databases and print the comparison. Exit code 1 where the city is not the same."""
    from huying.archive import audit, databases
    from huying.archive.rebuild import differences, rebuild_verified, rebuildable, shown

    verdict = rebuildable(file, audit.read_keys(keys))
    async with databases.making(state, named) as urls:
        before, now = await rebuild_verified(file, urls, verdict)
        inventory = await _files_of(urls["intake"], _own_files(state, named), files)
    Console(markup=False).print(shown(before, now))
    if different := differences(before, now):
        typer.echo(f"not the same: {', '.join(different)}: see docs/audit.md / 与原状态不一致", err=True)
        raise typer.Exit(1)
    typer.echo("The same in every table. / 各表均与原状态一致")
    async with databases.reading(state, named) as urls:
        await _say_missing_rings(urls, state)
    _print(inventory)


async def _say_missing_rings(urls: "Urls", state: Path) -> None:
    """Say which key rings the rebuilt city needs before it starts: no key is in the file."""
    from huying.local.data_keys import ring_file
    from shared.database.connection import Database
    from shared.encryption import keyring, usage

    for service, url in urls.items():
        file = ring_file(state, service)
        async with Database(url, 1).connect() as conn:
            needed = await usage.noted_keys(conn)
        known = keyring.read(file).keys if file.exists() else {}
        if missing := [key for key in needed if key not in known]:
            typer.echo(
                f"{service}: put its key ring with {', '.join(missing)} into {file}, or give it by"
                " HUYING_DATA_KEYS, before it starts / 启动前请恢复该服务的密钥环"
            )


async def _files_of(url: str, own: Path | None, files: Path | None) -> "Inventory":
    """The attachments of a rebuilt city, put back from `files` where that is given."""
    from huying.archive import attachments

    if not await attachments.has_any(url):
        return attachments.Inventory()
    storage = attachments.storage_beside(url, own)
    if files is None:
        return await attachments.check(url, storage)
    return await attachments.put_back(url, storage, files)


def _print(inventory: "Inventory") -> None:
    typer.echo(inventory.sentence(), err=bool(inventory.wrong))
    if inventory.wrong:
        raise typer.Exit(1)


def _own_files(state: Path, named: Path | None) -> Path | None:
    """The folder of the attachments of a city whose databases are below `state`."""
    from huying.local.cluster import ATTACHMENTS

    return None if named else state / ATTACHMENTS


def _key(state: Path, seal_key: Path | None) -> "Ed25519PrivateKey | None":
    from shared.audit import seals

    file = seal_key or _own_key(state)
    return seals.read_key(file) if seal_key or file.exists() else None


def _own_key(state: Path) -> Path:
    from huying.local.cluster import SEAL_KEY

    return state / SEAL_KEY
