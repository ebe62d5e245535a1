"""The cases of a certification as a page for banks: `python -m huying.certify.page` writes it."""

from pathlib import Path
from typing import Final

from huying.certify.sheet import HEAD, case_cells
from huying.certify.texts import texts

FILE: Final = Path(__file__).parents[2] / "docs" / "banks" / "certify.md"
_TOP = """\
# 验收用例 / Cases of the certification

Made by `python -m huying.certify.page` from `huying/certify/cases.yaml`.

```sh
huying up --sandbox --no-bank-sim
huying bank new abc --name 示例银行 --way kafka
huying bank certify abc
```

`huying bank certify` 逐一进行下列用例：向该行推送融资需求，按需要拨动沙箱时钟、撤回或投诉，等待银行客户
端按要求回报，以城市留存的回执、报告和报文为据，写出验收单 `certify-abc.md`。每笔需求的 `purpose` 以方括
号中的用例代码开头，其后是中英文要求，如 `[duplicate] 回报 contacted，……`，程序可以据此应答，也可以由人
操作。每一步等待 120 秒，由人操作的可以延长：`--wait 1800`；只进行某几例：`--only late --only outage`。
用例按表中顺序进行，一例通过或者等待期满后进行下一例；其间时钟走过数日，此前用例、此前运行中的需求会有提
醒和超期，不必理会。全部用例通过（或不适用）的，结论为通过；命令的退出码为 0。停机一例，经 HTTP 轮询的停
止轮询十秒以上即可；接收回调的，启动后重新设置同一地址（PUT endpoint），未送达的立即重发。启用回报签名的，
每份报告都须签名，无法读取的也是，否则答复 401，不作记录。城市不在默认目录的，各命令加 `--state 目录`。

`huying bank certify` plays these cases one after the other: it pushes loan requests to the bank, moves
the clock of the sandbox, withdraws or complains where the case needs it, waits for what the bank's client
reports, and goes by the receipts, reports and messages that the city recorded. It writes the sheet
`certify-abc.md`. The `purpose` of each request begins with the code of the case in brackets, then says
what to do in both languages: a program can act on it, or a person. Each step is waited for 120 seconds;
give a person longer by `--wait 1800`, play some cases alone by `--only late --only outage`. Days pass
meanwhile: what comes about requests of earlier cases and runs, reminders above all, needs no answer. The bank
passes where no case failed and all were played; the exit code is 0 where none failed. For the outage it is
enough to poll nothing for ten seconds; a bank that is called sets its address again when it is back (PUT
endpoint), and what was not delivered is sent at once. A bank that signs its reports signs each of them, also
what cannot be read: else it is answered 401 and nothing is recorded. Where the city is not in the usual
folder, each command takes `--state FOLDER`.

"""


def page() -> str:
    """The content of `docs/banks/certify.md`."""
    rows = [f"| {' | '.join(case_cells(code, text))} |" for code, text in texts().items()]
    return _TOP + "\n".join([f"| {HEAD} |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
