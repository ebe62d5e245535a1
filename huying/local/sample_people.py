"""People of the sample city, with accounts on the desks that are made at the first start.

They sign in at once with the password of their file, and a code that `huying code` shows. Only a city on
one's own machine has them.
"""

from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pyotp
import yaml

from services.desks.people import passwords, queries, second_factor
from services.desks.people.api_accounts import add_account
from services.desks.people.bodies import AddedAccount, GivenRole
from services.desks.people.domain import NEED_SECOND_FACTOR
from services.desks.people.record import NOWHERE
from services.desks.people.transactions import Act, acting
from shared.files import strict_yaml
from shared.roles import AccountRole
from shared.service.clock import epoch_s
from shared.service.service import ServiceContext

PEOPLE = "people.yaml"


class SamplePerson(NamedTuple):
    """One person: the login, the name, the role, whom the role speaks for, and where it begins."""

    login: str
    name: str
    role: AccountRole
    desk: str
    code: str | None = None


SAMPLE_PEOPLE = (
    SamplePerson("wang.hotline", "王芳", AccountRole.OPERATOR, "/hotline"),
    SamplePerson("chen.office", "陈明", AccountRole.OFFICE, "/dispatching"),
    SamplePerson("wu.housing", "吴工", AccountRole.UNIT, "/unit", "housing"),
    SamplePerson("lin.qingxun", "林宁", AccountRole.UNIT, "/unit", "qingxun"),
    SamplePerson("qiao.leader", "乔映川", AccountRole.LEADER, "/leader", "vice-industry"),
    SamplePerson("he.window", "何青", AccountRole.FINANCE_WINDOW, "/finance"),
    SamplePerson("qian.bank", "钱进", AccountRole.BANK_CLERK, "/bank", "wanze-rural"),
    SamplePerson("zheng.regulator", "郑严", AccountRole.REGULATOR, "/regulator"),
    SamplePerson("shen.auditor", "沈鉴", AccountRole.AUDITOR, "/search"),
)


async def make_people(context: ServiceContext, state: Path) -> None:
    """Make the accounts where there are none yet, and write the file, which its owner alone can read."""
    made = {}
    for person in SAMPLE_PEOPLE:
        password = passwords.first_password()
        hash_ = await passwords.hashed(password)
        async with acting(context, NOWHERE) as act:
            secret = await _make(act, person, hash_)
        made[person.login] = {"name": person.name, "role": str(person.role), "password": password}
        if secret is not None:
            made[person.login]["secret"] = secret
    path = state / PEOPLE
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(made, allow_unicode=True, sort_keys=False), "utf-8")


async def _make(act: Act, person: SamplePerson, hash_: str) -> str | None:
    """Make one account; the secret of its codes where its role needs them."""
    account_id, role = uuid4(), GivenRole(role=person.role, code=person.code)
    await add_account(
        act, account_id, AddedAccount(login=person.login, name=person.name, roles=(role,)), hash_
    )
    await queries.set_password(act.conn, account_id, act.at, hash_, is_first=False)
    if person.role.acts_as not in NEED_SECOND_FACTOR:
        return None
    secret = second_factor.new_secret()
    await queries.set_second_factor(act.conn, account_id, secret)
    await queries.use_step(act.conn, account_id, act.at, 0)
    return secret


def present_code(state: Path, login: str) -> str:
    """The one-time code that a sample person would read off a phone now. ValueError where there is none."""
    path = state / PEOPLE
    people = strict_yaml.values(path) if path.exists() else {}
    secret = people.get(login, {}).get("secret")
    if secret is None:
        known = ", ".join(name for name, person in people.items() if "secret" in person) or "nobody"
        raise ValueError(f"{login} needs no one-time code here; these do: {known}")
    return pyotp.TOTP(secret).at(epoch_s())


def lines(state: Path, url: str) -> list[str]:
    """What `huying up` prints: where the pages are, and a sign-in for each role."""
    path = state / PEOPLE
    people = strict_yaml.values(path) if path.exists() else {}
    shown = [
        f"  {url}{person.desk:<12} {person.role.zh}: {person.login} / {people[person.login]['password']}"
        f"{' + huying code ' + person.login if 'secret' in people[person.login] else ''}"
        for person in SAMPLE_PEOPLE
        if person.login in people
    ]
    return [
        "Pages (页面):",
        f"  {url}/            企业，不用登录 (the public portal, no account)",
        *shown,
        *([f"  passwords of sample people: {path}"] if shown else []),
    ]
