"""`huying erase`: the personal data of one enterprise are erased, in every service."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from huying.commands.options import STATE, State, Url

if TYPE_CHECKING:
    from huying.local.running_services import RunningServices

OFFICE = "office"
Key = Annotated[
    str | None, typer.Option(envvar="HUYING_KEY", help="API key of an account of the office there.")
]


class Case(NamedTuple):
    """A case of the enterprise: its service, number, id, and the path of its kind."""

    service: str
    number: str
    id: str
    path: str


def erase(
    credit_code: Annotated[str, typer.Argument(help="The unified social credit code of the enterprise.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase; without it only what would be erased is shown.")
    ] = False,
    state: State = STATE,
    url: Url = None,
    key: Key = None,
) -> None:
    """Erase whom an enterprise named and what it wrote, in all its ended cases, and print the receipts.

    Its name and the titles of its appeals stay: they are in the hash chain. An open case is handled to its
    end first. Exit code 1 where one was refused.
    """
    if erase_cases(_services(state, url, key), credit_code, in_earnest=yes):
        raise typer.Exit(1)


def erase_cases(services: "RunningServices", credit_code: str, *, in_earnest: bool) -> int:
    """Erase all cases of the enterprise, or show which they are; returns how many were refused."""
    cases = [*_appeals(services, credit_code), *_loans(services, credit_code)]
    table = Table("service", "number", "receipt", "values", "files")
    refused = 0
    for case in cases:
        receipt = _erase(services, case) if in_earnest else ("would be erased / 将删除", "", "")
        refused += in_earnest and receipt[1] == ""
        table.add_row(case.service, case.number, *receipt)
    Console(markup=False).print(table if cases else "this enterprise has no case / 没有该企业的记录")
    return refused


def _services(state: Path, url: str | None, key: str | None) -> "RunningServices":
    from huying.local.accounts import KEYS
    from huying.local.running_services import RunningServices
    from shared.files import strict_yaml

    services = RunningServices.find(state, url, key)
    return services if url else RunningServices(services.urls, strict_yaml.values(state / KEYS)[OFFICE])


def _appeals(services: "RunningServices", credit_code: str) -> Iterator[Case]:
    from huying.local.running_services import RefusedError

    cursor: dict[str, str] | None = {}
    while cursor is not None:
        try:
            page = services.ask("GET", "intake", f"/enterprises/{credit_code}", **cursor).json()
        except RefusedError as refusal:
            if refusal.status == 404:
                return
            raise
        for appeal in page["appeals"]:
            yield Case("intake", appeal["registration_number"], appeal["appeal_id"], "/appeals")
        cursor = {"cursor": page["next"]} if page["next"] else None


def _loans(services: "RunningServices", credit_code: str) -> Iterator[Case]:
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = services.ask("GET", "financing", "/requests", credit_code=credit_code, **cursor).json()
        for loan in page["items"]:
            yield Case("financing", loan["registration_number"], loan["case_id"], "/requests")
        cursor = {"cursor": page["next"]} if page["next"] else None


def _erase(services: "RunningServices", case: Case) -> tuple[str, str, str]:
    """Erase one case; the id of the receipt and its numbers, or why it was refused."""
    from huying.local.running_services import RefusedError

    path = f"{case.path}/{case.id}"
    try:
        version = services.ask("GET", case.service, path).headers["etag"].strip('"')
        receipt = services.ask("POST", case.service, f"{path}/erasures", {}, if_match=version).json()
    except RefusedError as refusal:
        return str(refusal), "", ""
    return receipt["id"], str(receipt["values"]), str(receipt.get("files", 0))
