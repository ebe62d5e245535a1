"""Plays the cases of a certification with one bank, one after the other."""

from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from huying.certify.cases import CASES
from huying.certify.texts import CaseText, texts
from huying.certify.trial import Asked, NotApplicableError, NotShownError, Trial
from huying.certify.window import Receipt, Window


class Verdict(StrEnum):
    """What came of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


VERDICTS: Final = {
    Verdict.PASSED: "通过 passed",
    Verdict.FAILED: "未通过 failed",
    Verdict.NOT_APPLICABLE: "不适用 not applicable",
}
"""The verdicts as people read them."""


class Result(NamedTuple):
    """What came of a case: the receipts since it began, and what was not shown in time."""

    code: str
    text: CaseText
    verdict: Verdict
    receipts: tuple[Receipt, ...]
    missing: str | None = None


def certify(
    window: Window, only: Collection[str], wait_s: float, tell: Callable[[str], None]
) -> Iterator[Result]:
    """Play the cases with the window's bank: all, or those in `only`.

    The bank's client has `wait_s` seconds for each step that is waited for. `tell` hears how it goes.
    ValueError for a case that there is not, for a bank that takes no requests, and where a service refuses.
    """
    if unknown := sorted(set(only) - CASES.keys()):
        raise ValueError(f"没有用例 {unknown[0]} / there is no such case: choose of {', '.join(CASES)}")
    directory = window.directory()
    if window.bank not in directory:
        raise ValueError(
            f"{window.bank} 未登记，或者不接收需求 / takes no requests here: `huying bank new` registers it"
        )
    others = sorted(directory.keys() - {window.bank})[:1]
    if not others:
        raise ValueError(
            "须另有一家银行 / a second bank is needed: register another one by `huying bank new`"
        )
    for number, (code, play) in enumerate(CASES.items(), 1):
        if not only or code in only:
            text = texts()[code]
            tell(f"[{number}/{len(CASES)}] {code}: {text.do.zh} / {text.do.en}")
            asked = Asked(code, f"{text.do.zh}。{text.do.en}.")
            result = _play(code, play, Trial(window, asked, others, wait_s, tell))
            tell(f"    {VERDICTS[result.verdict]}" + (f": {result.missing}" if result.missing else ""))
            yield result


def _play(code: str, play: Callable[[Trial], None], trial: Trial) -> Result:
    verdict, missing = Verdict.PASSED, None
    try:
        play(trial)
    except NotApplicableError:
        verdict = Verdict.NOT_APPLICABLE
    except NotShownError as error:
        verdict, missing = Verdict.FAILED, f"未见 / not seen: {error}"
    receipts = () if verdict is Verdict.NOT_APPLICABLE else tuple(trial.receipts())
    if missing and not receipts:
        missing += "；该行没有任何回报 / no report of the bank came at all"
    return Result(code, texts()[code], verdict, receipts, missing)
