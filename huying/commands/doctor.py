"""`huying doctor`: what is missing, wrong or slow in a city, each with what to do."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from huying.commands.archive import Databases
from huying.commands.options import STATE, Key, State, Url
from huying.commands.running import run_until_stopped


def doctor(
    state: State = STATE,
    url: Url = None,
    key: Key = None,
    databases: Databases = None,
    certificate: Annotated[
        Path | None, typer.Option(help="The certificate that the proxy shows, a PEM file.")
    ] = None,
    backup: Annotated[
        Path | None, typer.Option(envvar="HUYING_BACKUP", help="The folder that `huying backup` fills.")
    ] = None,
    retention: Annotated[
        Path | None, typer.Option(envvar="HUYING_RETENTION", help="The city's rules of retention.")
    ] = None,
) -> None:
    """Say what is missing, wrong or slow, with what to do (exit code 1: something is wrong).

    It changes nothing. With --url and --key it asks services that `huying up` did not start.
    """
    run_until_stopped(examine(state, url, key, databases, certificate, backup, retention))


async def examine(
    state: Path,
    url: str | None,
    key: str | None,
    databases: Path | None,
    certificate: Path | None,
    backup: Path | None,
    retention: Path | None,
) -> None:
    """Print every finding. `typer.Exit` with code 1 where something is wrong."""
    from huying.doctor import backups, machine, services
    from huying.doctor import databases as of_databases
    from huying.doctor.finding import Finding, Level, summary, wrong
    from huying.local.running_services import RunningServices
    from shared.service.clock import WallClock

    now = WallClock().now()
    findings: list[Finding] = []
    try:
        running = RunningServices.find(state, url, key)
        findings += await services.examine(running.urls, running.key)
    except ValueError as error:
        do = ("huying up，或用 --url 和 --key 指明", "huying up, or --url and --key of services elsewhere")
        findings.append(wrong("services", "没有运行的服务", str(error), *do))
    if urls := _databases(state, databases, url):
        findings += await of_databases.examine(urls, _rings(state) if databases is None else {}, now)
    if url is None:
        findings += [*machine.files(state)]
    findings += [machine.disk(state), machine.retention(retention)]
    if certificate is not None:
        findings.append(machine.certificate(certificate, now))
    elif url is not None and (address := urlsplit(url)).scheme == "https" and address.hostname:
        findings.append(machine.certificate_of(address.hostname, address.port or 443, now))
    findings += backups.examine(backup, now)
    typer.echo("\n".join(finding.text for finding in findings))
    typer.echo(summary(findings))
    if any(finding.level is Level.WRONG for finding in findings):
        raise typer.Exit(1)


def _databases(state: Path, file: Path | None, url: str | None) -> dict[str, str]:
    """The databases that can be asked: those of `file`, else those below `state`."""
    from huying.archive.databases import named_in
    from huying.local.embedded import EmbeddedPostgres
    from services import SERVICES

    if file is not None:
        return dict(named_in(file))
    if url is not None or not (state / "passwords.json").exists():
        return {}
    postgres = EmbeddedPostgres(state)
    postgres.find()
    return {service: postgres.dsn(service, service) for service in SERVICES}


def _rings(state: Path) -> dict[str, Collection[str]]:
    from huying.local.data_keys import ring_file
    from services import SERVICES
    from shared.encryption import keyring

    files = {service: ring_file(state, service) for service in SERVICES}
    return {service: keyring.read(file).keys.keys() for service, file in files.items() if file.exists()}
