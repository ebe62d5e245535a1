"""What people and administrators send."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.desks.people.domain import OF_PEOPLE, Grant
from shared.roles import AccountRole
from shared.web.bodies import Body, Code, Shape, wrong
from shared.web.endpoints import VERBATIM
from shared.web.tokens import Purpose

Login = Annotated[
    str,
    Shape(
        r"^[a-z0-9][a-z0-9_.-]{1,39}$",
        "登录名由 2 至 40 个小写英文字母、数字、下划线、点或连字符组成",
        "a login has 2 to 40 small letters, digits, underscores, dots or hyphens",
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200), VERBATIM]
OneTimeCode = Annotated[
    str, Shape(r"^[0-9]{6}$", "一次性验证码为 6 位数字", "a one-time code has six digits")
]
ServiceName = Annotated[
    str, Shape(r"^[a-z]{1,40}$", "服务名由小写英文字母组成", "a service is named in small letters")
]


class GivenRole(Body):
    """A role that an account has from a day until a day, both included."""

    role: AccountRole
    code: Code | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    deputy_for: UUID | None = None

    @model_validator(mode="after")
    def makes_sense(self) -> Self:
        """ValueError for a role that no person has or that lacks its code, or a term that ends early."""
        if self.role not in OF_PEOPLE:
            raise wrong("这一角色不授予个人账号", "no person has this role", "role")
        if self.role.needs_code and self.code is None:
            raise wrong("此角色须写明代表的单位、领导或银行", "this role names whom it speaks for", "code")
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise wrong("截止日期早于开始日期", "the term ends before it begins", "ends_on")
        return self

    def grant(self) -> Grant:
        return Grant(**self.model_dump())


class ChangedAccount(Body):
    """An account as it shall be."""

    name: Name
    post: Name | None = None
    roles: tuple[GivenRole, ...] = Field(min_length=1, max_length=20)

    def grants(self) -> list[Grant]:
        return [role.grant() for role in self.roles]


class AddedAccount(ChangedAccount):
    """A new account."""

    login: Login


class HandingOver(Body):
    """Who takes over, by login."""

    to: Login


class SignIn(Body):
    """Name and password."""

    login: Login
    password: Password


class ChangedPassword(Body):
    """The password that is, and the one that shall be."""

    old: Password
    new: Password


class ShownCode(Body):
    """The code that the app of one-time codes shows now."""

    code: OneTimeCode


class WantedToken(Body):
    """For which service a token is wanted, for what, and in which of the person's roles."""

    service: ServiceName
    purpose: Purpose = Purpose.ACT
    role: AccountRole | None = None
    code: Code | None = None
