"""What people do in the city of the containers."""

from typing import Any

from tests.containers.composed import Composed
from tests.deploy.programs import until

APPEAL = {
    "channel": "web",
    "kind": "help",
    "title": "厂区门口道路破损",
    "text": "货车无法进出。",
    "enterprise": {"name": "示例制造有限公司"},
}
UNIT = {"name": "市交通局", "kind": "department", "leader": "mayor"}
LEADER = {"name": "市长", "title": "市长"}


def lived(city: Composed) -> dict[str, Any]:
    """Register an appeal, dispatch it, and wait until its deadlines are judged."""
    city.answer("PUT", "/escalation/leaders/mayor", "office", json=LEADER)
    until(lambda: city.ask("PUT", "/dispatch/units/roads", "office", json=UNIT).is_success, 60, "no unit")
    appeal = dict(city.answer("POST", "/intake/appeals", json={**APPEAL, "again": True}))
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    until(lambda: city.ask("GET", path, "office").is_success, 60, "dispatch did not hear of it")
    version = {"if-match": f'"{city.answer("GET", path, "office")["version"]}"'}
    legs = {"legs": [{"unit": "roads"}]}
    city.answer("POST", f"{path}/assignments", "office", json=legs, headers=version)
    until(lambda: deadlines(city, appeal), 60, "it was not judged")
    return appeal


def deadlines(city: Composed, appeal: dict[str, Any]) -> list[Any]:
    """The deadlines of its legs, as judged."""
    answer = city.ask("GET", f"/escalation/appeals/{appeal['appeal_id']}", "office")
    return [one for one in answer.json().get("deadlines", ()) if one.get("unit")] if answer.is_success else []
