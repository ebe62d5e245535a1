"""`huying parked`: messages that the services could not handle, and handling them again."""

import typer
from rich.console import Console
from rich.table import Table

from huying.commands.options import STATE, Key, State, Url

app = typer.Typer(no_args_is_help=True, help="Messages that could not be handled.")


@app.command("list")
def list_(state: State = STATE, url: Url = None, key: Key = None) -> None:
    """What every service has parked, with reasons."""
    from huying.local.running_services import RunningServices

    services = RunningServices.find(state, url, key)
    table = Table("service", "id", "topic", "partition/offset", "parked at", "reason")
    for service in services.urls:
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page = services.ask("GET", service, "/parked", limit="500", **cursor).json()
            for message in page["items"]:
                position = f"{message['partition']}/{message['offset']}"
                columns = [message["topic"], position, message["parked_at"], message["reason"]]
                table.add_row(service, str(message["id"]), *columns)
            cursor = {"cursor": page["next"]} if page["next"] else None
    Console(markup=False).print(table if table.row_count else "nothing is parked")


@app.command()
def redrive(service: str, parked_id: int, state: State = STATE, url: Url = None, key: Key = None) -> None:
    """Let a service handle a parked message again."""
    from huying.local.running_services import RunningServices

    services = RunningServices.find(state, url, key)
    if service not in services.urls:
        raise ValueError(f"there is no service {service}: choose one of {', '.join(services.urls)}")
    services.ask("POST", service, f"/parked/{parked_id}/redrive")
    Console(markup=False).print(f"{service}: message {parked_id} was handled")
