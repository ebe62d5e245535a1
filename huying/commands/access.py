"""Write docs/access.md, the access tables of all services on one page: `python -m huying.commands.access`."""

from pathlib import Path

from huying.local.services import load_all
from shared.roles import AccountRole, Roles
from shared.web import ops
from shared.web.access import Access

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
_HEAD = """\
# Who may call what

One row a route, one column a role; **●** marks who may. *anyone* is a caller without an account: an
enterprise, which proves itself by the receipt code of its own case, or a reader of what is public. What a
role may do on one case and not on another (a unit on its own legs only) is decided behind the route.

The rows come from `services/<name>/access.py` and `shared/web/ops.py`. Do not edit this page: run
`python -m huying.commands.access`.
"""
_COLUMNS: tuple[AccountRole | None, ...] = (None, *AccountRole)


def tables() -> dict[str, Roles]:
    """The roles that may call each route of each service, such as `GET /intake/appeals`."""
    return {
        f"{method} /{service.name}{path}": roles
        for service in load_all()
        for (method, path), roles in ((route.split(), roles) for route, roles in service.table.items())
    }


def page() -> str:
    """The page, in Markdown."""
    sections = [_section(service.name, service.access) for service in load_all()]
    return "\n".join([_HEAD, *sections, _section("every service", ops.ACCESS)])


def _section(title: str, access: Access) -> str:
    lines = [
        f"## {title}\n",
        f"| route | {' | '.join('anyone' if role is None else role for role in _COLUMNS)} |",
        f"|---|{':-:|' * len(_COLUMNS)}",
    ]
    for route, roles in access.items():
        marks = " | ".join("●" if role in roles else "" for role in _COLUMNS)
        lines.append(f"| `{route}` | {marks} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
