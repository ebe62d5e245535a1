"""`huying notices`: messages that could not leave, and sending them again."""

from rich.console import Console
from rich.table import Table

from huying.commands.parked import Where


def show(where: Where, state: str) -> None:
    """Print the deliveries that stand so, the last changed first."""
    table = Table("id", "to", "channel", "address", "message", "tried", "outcome", "code", "reason")
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = where.ask("GET", "notify", "/deliveries", state=state, limit="500", **cursor).json()
        for one in page["items"]:
            message = f"{one['registration_number']} {one['template']}"
            said = [one[name] or "" for name in ("outcome", "code", "reason")]
            table.add_row(
                one["id"],
                one["recipient"],
                one["channel"],
                one["address"],
                message,
                str(one["attempts"]),
                *said,
            )
        cursor = {"cursor": page["next"]} if page["next"] else None
    Console().print(table if table.row_count else f"nothing is {state}")


def resend(where: Where, delivery_id: str) -> None:
    """Try a failed delivery again. ValueError where none failed under this id."""
    where.ask("POST", "notify", f"/deliveries/{delivery_id}/resend")
    Console().print(f"{delivery_id} will be tried again")
