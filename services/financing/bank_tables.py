"""The states of a bank leg and the codes of receipts as a page for banks, made from the code."""

from collections.abc import Iterator
from typing import Final

from services.financing.banks.again import AGAIN, MOST_REPORTS
from services.financing.banks.domain import TRANSITIONS
from services.financing.banks.receipts import MEANINGS
from services.financing.banks.slip_words import SLIPS
from services.financing.contract_receipts import ReceiptCode
from shared.rules.wording.words import Bilingual
from shared.states import BankLegState

_FINAL: Final = "终态 / final"
TO_DO: Final[dict[ReceiptCode, Bilingual]] = {
    ReceiptCode.ACCEPTED: Bilingual("无需处理", "nothing"),
    ReceiptCode.TOO_LATE_BUT_RECORDED: Bilingual(
        "已计入，但超过时限；勿重发", "it counts, and is late; do not send it again"
    ),
    ReceiptCode.REPEATED: Bilingual("无需处理，以首次为准", "nothing: the first one counts"),
    ReceiptCode.REPORT_ID_REUSED: Bilingual("换一个 report_id 再发", "send it again under another report_id"),
    ReceiptCode.UNKNOWN_LEG: Bilingual(
        "核对 leg 是否为推送给贵行的编号；勿原样重发",
        "compare `leg` with the request; do not send it unchanged",
    ),
    ReceiptCode.OUT_OF_ORDER: Bilingual(
        "按上表核对 state；勿原样重发", "compare `state` with the table above; do not send it unchanged"
    ),
    ReceiptCode.MORE_THAN_APPROVED: Bilingual(
        "核对 amount；额度提高的，先报 approved 再报放款",
        "compare `amount`; where more was approved, report `approved` with the new sum first",
    ),
    ReceiptCode.TOO_MANY_NOTES: Bilingual(
        "勿再补充；状态变化照常报告", "add no more; a change of state is still taken"
    ),
    ReceiptCode.REQUEST_ENDED: Bilingual("不再回报该需求", "report no more on this request"),
    ReceiptCode.MALFORMED: Bilingual(
        "按 field 和说明更正后再发", "mend what `field` and the words name, then send it"
    ),
    ReceiptCode.NOT_PROCESSED: Bilingual(
        "无需重发：处理后另发一份回执", "nothing: a second receipt follows once it was handled"
    ),
}
"""What a bank does with a receipt of each code."""


def page() -> str:
    """The page, in Chinese and English."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# 状态与回执码 / States and receipt codes"
    yield ""
    yield "Made by `python -m services.financing.bank_documents` from the code."
    yield ""
    yield "| `state` | 中文 | 之后可报 / may be followed by | 可再报，状态不变 / again, the state stays |"
    yield "|---|---|---|---|"
    for state, later in TRANSITIONS.items():
        again = _states(AGAIN.get(state, ()))
        yield f"| `{state}` | {state.zh} | {_states(later) or _FINAL} | {again} |"
    yield ""
    yield (
        "`contacted`（联系企业）在需求结束前可随时补报、再报，状态不变。"
        f"再报的计入记录，不影响任何时限；一笔需求满 {MOST_REPORTS} 份报告后不再受理再报。"
        "条件有更正或者改善的，再报 `approved`，以最后一次为准；分次放款的，每次报 `disbursed` 和 `amount`，"
        "不填 `amount` 即余额全部放款。合计超过批准金额的不予受理（`more_than_approved`）。"
        "`withdrawn` 须经企业或窗口确认，确认前可继续回报。"
        "需求由企业撤回、撤回授权或由窗口办结后，不再受理回报。"
    )
    yield ""
    yield "`contacted` may be reported at any time until the request ends, also again, and changes no later"
    yield "state. What is reported again is recorded, meets no limit and starts none; after"
    yield f"{MOST_REPORTS} reports on a leg nothing is taken again. A corrected or better offer is `approved`"
    yield "again: the last one holds. A part of the money is `disbursed` with its `amount`, all that is left"
    yield "without. Sums above the amount approved are refused (`more_than_approved`)."
    yield "`withdrawn` is asked back: until it is confirmed, other reports count. Once the enterprise"
    yield "withdrew the request or its consent, or the window closed it, no report counts."
    yield ""
    yield "| `code` | `outcome` | 含义 | 处置 | meaning | what to do |"
    yield "|---|---|---|---|---|---|"
    for code, (outcome, zh, en) in MEANINGS.items():
        yield f"| `{code}` | `{outcome}` | {zh} | {TO_DO[code].zh} | {en} | {TO_DO[code].en} |"
    yield ""
    yield (
        "已受理但多半有误的，回执的 `warnings` 逐项提示：`code`、`field`、中英文说明。提示不影响受理和时限；"
        "确有错误的，按说明更正：批准条件有误的，再报 `approved`。提示代码可能增加。"
    )
    yield ""
    yield "What is accepted and is likely a slip stands in `warnings` of the receipt: `code`, `field`, words."
    yield "A warning changes nothing. Where it is a slip, report it again as it should be."
    yield "Codes may be added."
    yield ""
    yield "| `warnings[].code` | `field` | 何时提示 | warned of where it is |"
    yield "|---|---|---|---|"
    for warning, slip in SLIPS.items():
        yield f"| `{warning}` | `{slip.field}` | {slip.when.zh} | {slip.when.en} |"


def _states(states: tuple[BankLegState, ...]) -> str:
    return "、".join(f"`{state}`" for state in states)
