"""Who may import and call what, read from the source; each rule is also shown to catch what it forbids."""

import ast
import re
from collections.abc import Iterator
from functools import cache
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
HOLD_SQL = {"queries.py", "tables.py", "work.py", "gauges.py"}
MAY_CATCH_ALL = {
    Path("shared/database/retry.py"),
    Path("shared/messaging/settling.py"),
    Path("shared/messaging/fetching.py"),
    Path("shared/web/writer.py"),
    Path("shared/web/webhooks.py"),
    Path("shared/judging/judge.py"),
    Path("services/notify/deliveries/worker.py"),
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
    if path.parts[0] == "services":
        return path.name in ("domain.py", "document.py") or "domain" in path.parts
    return path.parts[:2] == ("shared", "rules") or path == Path("shared/appeals/document.py")


def layers(path: Path, tree: ast.Module) -> Iterator[str]:
    """Services know nothing of each other, `shared` nothing of either, rules themselves, files, names."""
    own = path.parts[1] if path.parts[0] == "services" else None
    for name in imported(tree):
        top, _, rest = name.partition(".")
        if not top:
            yield f"relative import {name}"
        if path.parts[0] == "shared" and top in ("services", "huying"):
            yield f"shared imports {name}"
        if (
            path.parts[:2] == ("shared", "rules")
            and top == "shared"
            and not rest.startswith(("rules", "files", "named"))
        ):
            yield f"a rule imports {name}"
        if own in SERVICES and (top == "huying" or (top == "services" and rest.split(".")[0] != own)):
            yield f"a service imports {name}"


def purity(path: Path, tree: ast.Module) -> Iterator[str]:
    """Domains, documents of cases and the rules do no I/O."""
    if is_pure(path):
        yield from (f"imports {name}" for name in imported(tree) if name.partition(".")[0] in OUTSIDE)


def sql(path: Path, tree: ast.Module) -> Iterator[str]:
    """A service's SQL stands in its queries, tables and units of work, and behind its gauges."""
    if path.parts[0] == "services" and path.name not in HOLD_SQL:
        for name in imported(tree):
            if name.partition(".")[0] == "sqlalchemy" or name.startswith("shared.database.rows"):
                yield f"imports {name}"


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
            caught = (
                {"everything"}
                if node.type is None
                else {ast.unparse(caught_type) for caught_type in _each(node.type)}
            )
            if caught & {"everything", "Exception", "builtins.Exception"}:
                yield f"line {node.lineno} catches all"


def _each(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def prints(_path: Path, tree: ast.Module) -> Iterator[str]:
    """What people read goes through typer or rich, what operators read through the log."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"line {node.lineno} prints"


def framework(path: Path, tree: ast.Module) -> Iterator[str]:
    """The framework's rooms know nothing of the city: its services hand that in where they are built."""
    if not is_framework(path):
        return
    for name in imported(tree):
        if name.startswith("shared.") and name not in MAY_BE_IMPORTED and name.split(".")[1] not in FRAMEWORK:
            yield f"imports {name}"
    documented = {id(text) for text in _docstrings(tree)}
    for node in ast.walk(tree):
        if id(node) not in documented:
            yield from (
                f"line {getattr(node, 'lineno', '?')} names {name}"
                for name in _names(node)
                if CITY.search(_CAMEL.sub("_", name).lower())
            )


FRAMEWORK = (
    "service",
    "database",
    "encryption",
    "files",
    "messaging",
    "printing",
    "web",
    "telemetry",
    "audit",
)
MAY_BE_IMPORTED = {"shared.events", "shared.roles", "shared.named"}
MAY_BE_IMPORTED |= {
    f"shared.named.{name}" for name in ("Named", "WrongValue", "choices", "of_class", "with_codes")
}
MAY_BE_IMPORTED |= {
    f"shared.events.{name}" for name in ("Event", "CATALOGUE", "WITHHELD_FIELDS", "Actor", "ENTERPRISE")
}
MAY_BE_IMPORTED |= {
    f"shared.roles.{name}"
    for name in ("AccountRole", "Roles", "EVERYBODY", "IMPORTER", "OPS", "AUDITOR", "only")
}
CITY = re.compile(r"(?<![a-z])(appeal|card|loan|bank)s?(?![a-z])")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_framework(path: Path) -> bool:
    return path.parts[0] == "shared" and path.parts[1] in FRAMEWORK


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    """Texts that stand alone: docstrings of modules, classes and functions, and those below a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _names(node: ast.AST) -> Iterator[str]:
    """The identifiers and texts of one node."""
    for field in ("id", "attr", "arg", "name", "asname", "module", "value"):
        if isinstance(text := getattr(node, field, None), str):
            yield text


NAMESPACE = re.compile(r"(vars|globals)\(|.*\.__dict__$")


def patches(path: Path, tree: ast.Module) -> Iterator[str]:
    """Nothing that ships changes a module or a class from outside: what varies is handed in."""
    foreign = {name for node in ast.walk(tree) for name in _bound_by_import(node)}
    foreign |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        changed = None
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                changed = node
            case ast.Subscript(value=namespace, ctx=ast.Store() | ast.Del()):
                if NAMESPACE.match(ast.unparse(namespace)):
                    yield f"line {node.lineno} changes {ast.unparse(namespace)}"
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[changed, *_]):
                pass
        if changed is not None and _root(changed) in foreign:
            yield f"line {node.lineno} changes {ast.unparse(changed)}"


def _bound_by_import(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)


def _root(node: ast.expr) -> str | None:
    """The name that a chain of attributes begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


@cache
def parsed(path: Path) -> ast.Module:
    """The tree of a source. All rules read the same one."""
    return ast.parse((ROOT / path).read_text("utf-8"))


RULES = (layers, purity, sql, clocks, catch_alls, prints, framework, patches)


@pytest.mark.parametrize("rule", RULES, ids=[rule.__name__ for rule in RULES])
def test_no_source_breaks_the_rule(rule) -> None:
    broken = [f"{path}: {breach}" for path in SOURCES for breach in rule(path, parsed(path))]
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
        (layers, "shared/rules/judging/acts.py", "from shared import events"),
        (layers, "shared/rules/judging/decide.py", "from shared.events import CATALOGUE"),
        (layers, "shared/database/migrations.py", "import huying"),
        (purity, "services/intake/document.py", "from sqlalchemy import text"),
        (purity, "services/intake/domain/merging.py", "from sqlalchemy import text"),
        (purity, "shared/rules/time/calendar.py", "import httpx"),
        (sql, "services/intake/api.py", "from sqlalchemy import text"),
        (sql, "services/notify/receipts/handlers.py", "import sqlalchemy as sa"),
        (sql, "services/intake/handlers.py", "from shared.database.rows import insert"),
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
        (framework, "shared/web/guard.py", 'PARAMETERS = ("appeal_id", "loan_id")'),
        (framework, "shared/telemetry/metrics.py", "def card_issued(self): pass"),
        (framework, "shared/messaging/outbox.py", "class BankMessage: pass"),
        (framework, "shared/messaging/outbox.py", "key = str(event.appeal_id)"),
        (framework, "shared/database/gauges.py", 'QUERY = text("select count(*) from cards")'),
        (framework, "shared/service/service.py", "from shared.rules.pack import pack"),
        (framework, "shared/service/service.py", "from shared.judging import calendars"),
        (framework, "shared/messaging/consumer.py", "from shared.events import CardIssued"),
        (framework, "shared/web/access.py", "from shared.roles import BANK"),
        (patches, "services/notify/app.py", "from services.notify.work import Work\nWork.zone = None"),
        (patches, "services/notify/work.py", "class Work: pass\nWork.zone = None"),
        (patches, "huying/local/up.py", "from shared.service import service\nservice.DrivenClock = 1"),
        (patches, "huying/local/up.py", "import shared.service as s\nvars(s)['x'] = 1"),
        (patches, "huying/local/up.py", "import shared.service as s\ns.__dict__['x'] = 1"),
        (patches, "huying/local/up.py", "def f():\n    import httpx\n    setattr(httpx.Client, 'x', 1)"),
        (patches, "huying/local/up.py", "import httpx\ndel httpx.Client.get"),
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
        (sql, "services/financing/loans/queries.py", "from sqlalchemy import text"),
        (sql, "shared/database/gauges.py", "from sqlalchemy import text"),
        (clocks, "shared/service/clock.py", "datetime.now(UTC)"),
        (clocks, "services/intake/api.py", "running.clock.now()"),
        (catch_alls, "shared/web/writer.py", "try: pass\nexcept Exception: pass"),
        (framework, "shared/web/guard.py", '"""A bank."""\nX = "discarded wildcards"  # a card'),
        (framework, "shared/messaging/wire.py", "from shared.events import CATALOGUE, Event"),
        (framework, "shared/judging/judge.py", "from shared.rules import pack\nCARDS = 1"),
        (patches, "services/notify/work.py", "def f(self, found):\n    self.x = 1\n    found.y = 2"),
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
