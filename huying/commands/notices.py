"""`huying notices`: messages that could not leave, sending them again, and how templates read."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from huying.commands.options import STATE, Key, State, Url

app = typer.Typer(no_args_is_help=True, help="Messages that leave: what failed, and sending it again.")


@app.command("list")
def list_(
    state: State = STATE,
    standing: Annotated[
        Literal["failed", "waiting", "sending", "sent", "delivered"], typer.Option(help="How they stand.")
    ] = "failed",
    url: Url = None,
    key: Key = None,
) -> None:
    """Messages that could not leave, with what the provider said."""
    from huying.local.running_services import RunningServices

    services = RunningServices.find(state, url, key)
    table = Table("id", "to", "channel", "address", "message", "tried", "outcome", "code", "reason")
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = services.ask("GET", "notify", "/deliveries", state=standing, limit="500", **cursor).json()
        for delivery in page["items"]:
            message = f"{delivery['registration_number']} {delivery['template']}"
            addressed = [delivery[name] for name in ("id", "recipient", "channel", "address")]
            outcome = [delivery[name] or "" for name in ("outcome", "code", "reason")]
            table.add_row(*addressed, message, str(delivery["attempts"]), *outcome)
        cursor = {"cursor": page["next"]} if page["next"] else None
    Console(markup=False).print(table if table.row_count else f"nothing is {standing}")


@app.command()
def resend(delivery_id: str, state: State = STATE, url: Url = None, key: Key = None) -> None:
    """Try a message again that failed for good."""
    from huying.local.running_services import RunningServices

    services = RunningServices.find(state, url, key)
    services.ask("POST", "notify", f"/deliveries/{delivery_id}/resend")
    Console(markup=False).print(f"{delivery_id} will be tried again")


@app.command()
def preview(
    template: Annotated[str | None, typer.Argument(help="All when left out.")] = None,
    language: Annotated[Literal["zh-CN", "en"], typer.Option(help="Chinese or English.")] = "zh-CN",
    html: Annotated[bool, typer.Option("--html", help="As a page, to be written to a file.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Templates that are not shipped: a folder.")] = None,
) -> None:
    """How messages read, on example data, with what they take as SMS; exit code 1 where one cannot."""
    from huying.commands.notice_preview import page, show

    (page if html else show)(template, language, folder)
