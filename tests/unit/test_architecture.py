"""Who may import and call what, read from the source; each rule is also shown to catch what it forbids."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import SERVICES

ROOT = Path(__file__).parent.parent.parent
SOURCES = [
    path.relative_to(ROOT)
    for folder in ("services", "shared", "huying")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "versions" not in path.parts
]
OUTSIDE = {"sqlalchemy", "asyncpg", "aiokafka", "fastapi", "starlette", "httpx"}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
MAY_CATCH_ALL = {
    Path("shared/database/retry.py"),
    Path("shared/messaging/settling.py"),
    Path("shared/web/writer.py"),
    Path("shared/judging/judge.py"),
}


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a source imports, in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_pure(path: Path) -> bool:
    return path.parts[:2] == ("shared", "rules") or (path.parts[0] == "services" and path.name == "domain.py")


def layers(path: Path, tree: ast.Module) -> Iterator[str]:
    """Services know nothing of each other, `shared` nothing of either."""
    own = path.parts[1] if path.parts[0] == "services" else None
    for name in imported(tree):
        top, _, rest = name.partition(".")
        if not top:
            yield f"relative import {name}"
        if path.parts[0] == "shared" and top in ("services", "huying"):
            yield f"shared imports {name}"
        if own in SERVICES and (top == "huying" or (top == "services" and rest.split(".")[0] != own)):
            yield f"a service imports {name}"


def purity(path: Path, tree: ast.Module) -> Iterator[str]:
    """`domain.py` and the rules do no I/O."""
    if is_pure(path):
        yield from (f"imports {name}" for name in imported(tree) if name.partition(".")[0] in OUTSIDE)


def clocks(path: Path, tree: ast.Module) -> Iterator[str]:
    """Only `shared/service/clock.py` asks for the time."""
    if path == Path("shared/service/clock.py"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition(".")[2]
            if (owner, node.attr) in CLOCKS:
                yield f"line {node.lineno} asks {owner}.{node.attr}"
    yield from (f"imports {name}" for name in imported(tree) if name in ("time.time", "time.time_ns"))


def catch_alls(path: Path, tree: ast.Module) -> Iterator[str]:
    """`except Exception` swallows defects: the modules named above may, which pass them on or park them."""
    if path in MAY_CATCH_ALL:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {"everything"} if node.type is None else {ast.unparse(one) for one in _each(node.type)}
            if caught & {"everything", "Exception", "builtins.Exception"}:
                yield f"line {node.lineno} catches all"


def _each(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def prints(_path: Path, tree: ast.Module) -> Iterator[str]:
    """What people read goes through typer or rich, what operators read through the log."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"line {node.lineno} prints"


RULES = (layers, purity, clocks, catch_alls, prints)


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_no_source_breaks_the_rule(rule) -> None:
    broken = [
        f"{path}: {found}"
        for path in SOURCES
        for found in rule(path, ast.parse((ROOT / path).read_text("utf-8")))
    ]
    assert not broken, rule.__doc__


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (layers, "services/intake/api.py", "from services.dispatch.domain import File"),
        (layers, "services/intake/api.py", "from services import dispatch"),
        (layers, "services/intake/api.py", "def f():\n    import services.notify.work"),
        (layers, "services/intake/api.py", "from huying.up import up"),
        (layers, "services/intake/api.py", "from . import domain"),
        (layers, "shared/rules/judging/decide.py", "from services.escalation import domain"),
        (layers, "shared/database/migrations.py", "import huying"),
        (purity, "services/intake/domain.py", "from sqlalchemy import text"),
        (purity, "shared/rules/time/calendar.py", "import httpx"),
        (clocks, "services/intake/domain.py", "from datetime import datetime\nat = datetime.now(UTC)"),
        (
            clocks,
            "shared/messaging/relay.py",
            "import datetime as d\nimport datetime\nx = datetime.datetime.utcnow",
        ),
        (clocks, "huying/local/up.py", "import time\nx = time.time()"),
        (clocks, "huying/local/up.py", "from time import time"),
        (clocks, "huying/local/up.py", "from datetime import date\nx = date.today()"),
        (catch_alls, "shared/messaging/relay.py", "try: pass\nexcept Exception: pass"),
        (catch_alls, "shared/messaging/relay.py", "try: pass\nexcept (OSError, Exception): pass"),
        (catch_alls, "shared/messaging/relay.py", "try: pass\nexcept: pass"),
        (prints, "huying/local/up.py", "print(1)"),
    ],
)
def test_the_rule_catches_what_it_forbids(rule, path: str, source: str) -> None:
    assert list(rule(Path(path), ast.parse(source)))


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (layers, "services/intake/api.py", "from services.intake import domain\nfrom shared import events"),
        (layers, "huying/local/up.py", "from services import SERVICES\nimport services.intake.app"),
        (purity, "services/intake/api.py", "import fastapi"),
        (clocks, "shared/service/clock.py", "datetime.now(UTC)"),
        (clocks, "services/intake/api.py", "running.clock.now()"),
        (catch_alls, "shared/web/writer.py", "try: pass\nexcept Exception: pass"),
    ],
)
def test_the_rule_lets_the_rest_be(rule, path: str, source: str) -> None:
    assert not list(rule(Path(path), ast.parse(source)))


def test_every_service_has_an_app_that_builds_it() -> None:
    folders = {path.name for path in (ROOT / "services").iterdir() if (path / "__init__.py").exists()}
    assert folders == set(SERVICES)
    for service in SERVICES:
        tree = ast.parse((ROOT / "services" / service / "app.py").read_text("utf-8"))
        names = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert "SERVICE" in names, f"services/{service}/app.py has no SERVICE"
