"""What all rules of a pack are built from: names, lengths, and the ground of each (a clause or a choice)."""

from datetime import date
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from shared.rules.terms import PackWord
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.wording import words


class Strict(BaseModel):
    """Nothing but what is named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Setting(Strict):
    """A limit whose number the text leaves open: the jurisdiction's settings give it under this name.

    Where they do not, the `default` holds; a setting without one needs them.
    """

    setting: PackWord
    default: Limit | None = None


def _length_or_setting(value: object) -> str:
    names_setting = isinstance(value, Setting) or (isinstance(value, dict) and "setting" in value)
    return "named" if names_setting else "length"


LimitOrSetting = Annotated[
    Annotated[Limit, Tag("length")] | Annotated[Setting, Tag("named")], Discriminator(_length_or_setting)
]
IN_DAYS = frozenset({LimitUnit.NATURAL_DAYS, LimitUnit.WORKING_DAYS})


def _in_days(limit: LimitOrSetting) -> LimitOrSetting:
    length = limit.default if isinstance(limit, Setting) else limit
    if length and length.unit not in IN_DAYS:
        raise ValueError("a pause is capped in natural_days or working_days")
    return limit


InDays = Annotated[LimitOrSetting, AfterValidator(_in_days)]


class Title(Strict):
    """A name, or a reason, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


def _in_both(text: object) -> object:
    return {"zh": text, "en": text} if isinstance(text, str) else text


Reason = Annotated[Title, BeforeValidator(_in_both, json_schema_input_type=Title | str)]
"""Why it is so. A draft may give one text, which is then shown in both languages."""


class Rule(Strict):
    """What the pack says and on what ground: a clause of the text, or the reason for a choice."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["clause"]}, {"required": ["choice"]}]}
    )

    clause: str | None = None
    choice: Reason | None = None

    @model_validator(mode="after")
    def founded(self) -> Self:
        """ValueError for a rule without ground."""
        if not self.clause and not self.choice:
            raise ValueError("give the `clause` it stands in, or as `choice` why it is so")
        return self

    @property
    def ground(self) -> str:
        """The clause; `choice` for what the text does not say. It is what events carry."""
        return self.clause or words.CHOICE

    @property
    def basis(self) -> words.Bilingual:
        """The ground for people: the clause, or the reason for the choice."""
        if self.clause or self.choice is None:
            return words.ground(self.ground)
        zh, en = self.choice.zh.rstrip("。"), self.choice.en.rstrip(".")
        return words.Bilingual(f"取定：{zh}", f"a choice: {en}")


class Source(Strict):
    """The text the pack was made from. `text` names the list of its clauses, in the folder `texts`."""

    title: str
    text: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")] | None = None
    number: str | None = None
    dated: date | None = None
    issuer: str | None = None
