"""Plays the cases of a certification with one bank, one after the other."""

from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from typing import NamedTuple

from huying.certify.cases import CASES
from huying.certify.texts import CaseText, texts
from huying.certify.trial import NotApplicableError, NotShownError, Trial
from huying.certify.window import Receipt, Window


class Verdict(StrEnum):
    """What came of a case."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class Result(NamedTuple):
    """What came of a case: the receipts since it began, and what was not shown in time."""

    code: str
    text: CaseText
    verdict: Verdict
    receipts: tuple[Receipt, ...]
    missing: str | None = None


def certify(
    window: Window, only: Collection[str], wait_s: float, begun: Callable[[str, CaseText], None]
) -> Iterator[Result]:
    """Play the cases with the window's bank: all, or those in `only`.

    The bank's client has `wait_s` seconds for each step that is waited for. `begun` hears of each case before
    it is played. ValueError for a case that there is not, for a bank that takes no requests, and where a
    service refuses.
    """
    if unknown := sorted(set(only) - CASES.keys()):
        raise ValueError(f"there is no case {unknown[0]}: choose of {', '.join(CASES)}")
    directory = window.directory()
    if window.bank not in directory:
        raise ValueError(f"{window.bank} takes no requests here: register it by `huying bank new` first")
    others = sorted(directory.keys() - {window.bank})[:1]
    if not others:
        raise ValueError("a case needs a second bank: register another one by `huying bank new`")
    for code, play in CASES.items():
        if not only or code in only:
            begun(code, texts()[code])
            yield _play(code, play, Trial(window, purpose(code), others, wait_s))


def purpose(code: str) -> str:
    """The purpose of the requests of a case: its code in brackets, and what the bank's client is to do."""
    return f"[{code}] {texts()[code].do.zh}。{texts()[code].do.en}."


def _play(code: str, play: Callable[[Trial], None], trial: Trial) -> Result:
    verdict, missing = Verdict.PASSED, None
    try:
        play(trial)
    except NotApplicableError:
        verdict = Verdict.NOT_APPLICABLE
    except NotShownError as error:
        verdict, missing = Verdict.FAILED, str(error)
    receipts = () if verdict is Verdict.NOT_APPLICABLE else tuple(trial.receipts())
    return Result(code, texts()[code], verdict, receipts, missing)
