"""What people do in the city of the containers."""

from typing import Any
from uuid import uuid4

import httpx

from tests.containers.composed import Composed
from tests.deploy.programs import until

APPEAL = {
    "channel": "web",
    "kind": "help",
    "title": "厂区门口道路破损",
    "enterprise": {"name": "示例制造有限公司"},
}
UNIT = {"name": "市交通局", "kind": "department", "leader": "mayor"}
LEADER = {"name": "市长", "title": "市长"}


def lived(city: Composed) -> dict[str, Any]:
    """Register an appeal, dispatch it, and wait until its deadlines are judged."""
    until(lambda: is_there(city, "/escalation/leaders/mayor", LEADER), 60, "no leader")
    until(lambda: is_there(city, "/dispatch/units/roads", UNIT), 60, "no unit")
    appeal = dict(city.answer("POST", "/intake/appeals", json={**APPEAL, "text": f"货车无法进出：{uuid4()}"}))
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    until(lambda: city.ask("GET", path, "office").is_success, 60, "dispatch did not hear of it")
    version = {"if-match": city.ask("GET", path, "office").headers["etag"]}
    legs = {"legs": [{"unit": "roads"}]}
    city.answer("POST", f"{path}/assignments", "office", json=legs, headers=version)
    until(lambda: deadlines(city, appeal), 60, "it was not judged")
    return appeal


def is_there(city: Composed, path: str, entry: dict[str, str]) -> bool:
    """Write an entry of a directory, unless an earlier life did."""
    answer = city.ask("PUT", path, "office", json=entry)
    return answer.is_success or answer.status_code == httpx.codes.PRECONDITION_REQUIRED


def deadlines(city: Composed, appeal: dict[str, Any]) -> list[Any]:
    """The deadlines of its legs, as judged."""
    answer = city.ask("GET", f"/escalation/appeals/{appeal['appeal_id']}", "office")
    return [one for one in answer.json().get("deadlines", ()) if one.get("unit")] if answer.is_success else []
