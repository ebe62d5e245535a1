"""Why somebody reads personal data in full: a code, and words where no code fits."""

from typing import Self

from pydantic import model_validator

from shared.named import Named
from shared.web.bodies import Body, Line, wrong


class Purpose(Named):
    """What personal data are read for."""

    CONTACT = "contact", "联系企业"
    VERIFY = "verify", "核实情况"
    FOLLOW_UP = "follow_up", "回访"
    CORRECT = "correct", "更正登记信息"
    SUPERVISE = "supervise", "督办"
    OTHER = "other", "其他"  # with a reason in words


class Reading(Body):
    """Somebody reads how an enterprise is reached, for a `purpose`. `reason` is needed where it is `other`.

    Who read, when, from where and why is on record; nobody but auditors reads the words.
    """

    purpose: Purpose
    reason: Line | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        """ValueError where neither a code nor words say why."""
        if self.purpose is Purpose.OTHER and self.reason is None:
            raise wrong("用途为“其他”的，请填写事由", "the purpose other needs a reason in words", "reason")
        return self
