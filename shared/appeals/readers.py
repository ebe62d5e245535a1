"""Who reads which kind of field of an appeal: one table for all services that show appeals. Pure.

A role that a kind does not name never reads it. Titles, codes, dates and states are of no kind: whoever may
read the case reads them. People with narrower roles read what the body reads for which they act.
"""

from collections.abc import Collection

from shared.named import Named
from shared.roles import AccountRole
from shared.web.fields import EVERY, OWN, Readers


class FieldKind(Named):
    """What a field of an appeal tells."""

    CONTACT = "contact", "联系人、电话、邮箱"
    ENTERPRISE = "enterprise", "企业名称和信用代码"
    TEXT = "text", "诉求内容和办理文字"
    TALK = "talk", "与企业联系的记录"
    PLACE = "place", "事发地址和坐标"
    NOTES = "notes", "内部备注"
    AMOUNTS = "amounts", "金额"
    OTHER_LEGS = "other_legs", "其他单位的承办件"
    PROPOSALS = "proposals", "审核前的公开事项"


class Relation(Named):
    """How a caller stands to an appeal, or to a part of it."""

    EVERY = EVERY, "所有可读的诉求"
    OWN = OWN, "本单位的部分"  # its own leg, or what it wrote itself
    LIVE_LEG = "live_leg", "在办单位"  # a unit with a live leg that learns who asks
    READING_ALONG = "reading_along", "会商、专班、首问单位"  # invited, of the task force, first asked
    PAST_LEG = "past_leg", "已不承办的单位"  # its leg has ended
    WITHHELD = "withheld", "不知诉求人的单位"  # any of these, where the units do not learn who asks
    IN_CHARGE = "in_charge", "分管或牵头领导"


OPERATOR, OFFICE, UNIT, LEADER = (
    AccountRole.OPERATOR,
    AccountRole.OFFICE,
    AccountRole.UNIT,
    AccountRole.LEADER,
)
OPS, IMPORTER, SERVICE = AccountRole.OPS, AccountRole.IMPORTER, AccountRole.SERVICE
INSPECTION, AUDITOR = AccountRole.DISCIPLINE_INSPECTION, AccountRole.AUDITOR
_EVERY = (Relation.EVERY,)
_STAFF = {OPERATOR: _EVERY, OFFICE: _EVERY}
_LOOKING_ON = {LEADER: _EVERY, INSPECTION: _EVERY, AUDITOR: _EVERY}
_READING = (Relation.LIVE_LEG, Relation.READING_ALONG)
APPEAL_READERS: Readers = {
    FieldKind.CONTACT: {
        **_STAFF,
        UNIT: (Relation.LIVE_LEG,),
        LEADER: (Relation.IN_CHARGE,),
        SERVICE: _EVERY,
    },
    FieldKind.ENTERPRISE: {
        **_STAFF,
        UNIT: (*_READING, Relation.PAST_LEG),
        LEADER: _EVERY,
        INSPECTION: _EVERY,
        AUDITOR: _EVERY,
        SERVICE: _EVERY,
    },
    FieldKind.TEXT: {
        **_STAFF,
        UNIT: (*_READING, Relation.WITHHELD, Relation.OWN),
        LEADER: _EVERY,
        INSPECTION: _EVERY,
        AUDITOR: _EVERY,
        SERVICE: _EVERY,
    },
    FieldKind.TALK: {**_STAFF, UNIT: _READING, **_LOOKING_ON, SERVICE: _EVERY},
    FieldKind.PLACE: {**_STAFF, UNIT: _READING, **_LOOKING_ON},
    FieldKind.NOTES: {**_STAFF, UNIT: (*_READING, Relation.OWN), **_LOOKING_ON},
    FieldKind.AMOUNTS: {**_STAFF, UNIT: (Relation.OWN,), **_LOOKING_ON},
    FieldKind.OTHER_LEGS: {
        **_STAFF,
        UNIT: (*_READING, Relation.WITHHELD),
        LEADER: _EVERY,
        INSPECTION: _EVERY,
        AUDITOR: _EVERY,
        OPS: _EVERY,
        IMPORTER: _EVERY,
    },
    FieldKind.PROPOSALS: {OFFICE: _EVERY, LEADER: _EVERY, AUDITOR: _EVERY, UNIT: (Relation.OWN,)},
}


def standing_of_unit(
    codes: Collection[str],
    *,
    live: Collection[str],
    along: Collection[str],
    withheld: bool,
) -> frozenset[Relation]:
    """How a unit stands to an appeal with these units of live legs, and these that read along.

    `codes` are its own and those of the units below it.
    """
    own = set(codes)
    if withheld:
        return frozenset({Relation.WITHHELD} if own & {*live, *along} else {Relation.PAST_LEG})
    if own & {*live}:
        return frozenset({Relation.LIVE_LEG})
    return frozenset({Relation.READING_ALONG if own & {*along} else Relation.PAST_LEG})
