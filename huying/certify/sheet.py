"""The sheet that a certification ends with, in Chinese and English, as Markdown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from huying.certify.certification import VERDICTS, Result, Verdict
from huying.certify.texts import CaseText, texts

RECEIPTS: Final = "回执（同一时刻的不分先后）/ receipts (of one moment in any order)"
HEAD: Final = "用例 / case | 请银行 / the bank is asked to | 应得 / expected"


def sheet(bank: str, name: str, ways: Sequence[str], at: datetime, results: Sequence[Result]) -> str:
    """The sheet of a bank: which cases it passed at `at`, and the receipts that show it."""
    failed = sum(result.verdict is Verdict.FAILED for result in results)
    left = len(texts()) - len(results)
    passed = sum(result.verdict is Verdict.PASSED for result in results)
    whole = "通过 / passed" if not failed and not left else "未通过 / not passed"
    lines = [
        f"# 银行接入验收单 / Certification of a bank: {cell(name)}（{bank}）",
        "",
        f"* 接入方式 / connected by: {'、'.join(ways)}",
        f"* 时间 / at: {at.isoformat(timespec='seconds')}",
        f"* 结论 / outcome: **{whole}**",
        f"* 通过 passed {passed}，未通过 failed {failed}，未进行 not played {left}",
        "",
        f"| {HEAD} | 结果 / result | {RECEIPTS} |",
        "|---|---|---|---|---|",
        *(_row(result) for result in results),
        "",
    ]
    return "\n".join(lines)


def _row(result: Result) -> str:
    verdict = VERDICTS[result.verdict]
    if result.missing is not None:
        verdict += f"<br>{cell(result.missing)}"
    legs = dict.fromkeys(receipt.leg or "" for receipt in result.receipts)
    receipts = [
        f"{cell(leg)} "
        + "、".join(f"`{receipt.code}`" for receipt in result.receipts if (receipt.leg or "") == leg)
        for leg in legs
    ]
    return f"| {' | '.join(case_cells(result.code, result.text))} | {verdict} | {'<br>'.join(receipts)} |"


def case_cells(code: str, text: CaseText) -> list[str]:
    """A case as cells of a table: its code and title, what it asks, what it expects, in both languages."""
    title, do, expect = (f"{words.zh}<br>{words.en}" for words in (text.title, text.do, text.expect))
    return [f"`{code}`<br>{title}", do, expect]


def cell(text: str) -> str:
    """`text` as the cell of a Markdown table, on one line."""
    return " ".join(text.replace("|", "\\|").replace("`", "'").split())
