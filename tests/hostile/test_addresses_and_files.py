"""Whatever people paste as an address, or give as a file: taken in one spelling or refused, no row lost."""

import contextlib
import csv
import io
import ipaddress
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from pydantic import TypeAdapter

from huying.simulate import profiles
from huying.simulate.recorded import read_all
from huying.simulate.simulate import simulate
from services.notify.channels.table import sms_number, url
from shared.addresses.credit_codes import CreditCode
from shared.addresses.hosts import host, host_of
from shared.addresses.mail import mail_address
from shared.addresses.phones import mobile, phone
from shared.files.bounded import FileRefused
from shared.service.errors import Invalid
from shared.web import webhooks
from shared.web.webhooks import check_url
from tests.hostile.drawing import LONG, SEED, Drawn
from tests.unit.huying.test_field_files import ROWS

Note = Callable[[str, object], None]
CREDIT_CODE = TypeAdapter(CreditCode)
PHONES = ("13912345678", "+86 139 1234 5678", "0558-5234567转801", "(0558) 5234567", "+49 30 901820", "12345")
MAILS = (
    "o'brien@example.com",
    "王@例子.中国",
    "a.b+c@mail.example.org",
    '"a b"@example.com',
    "a@[127.0.0.1]",
)
URLS = (
    "https://bank.example/webhooks?a=1",
    "https://例子.中国:8443/",
    "https://8.8.8.8/x",
    "https://127.0.0.1/x",
    "https://[::ffff:10.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://user:pw@bank.example/",
    "https://xn--fsqu00a.xn--fiqs8s/",
    "https://" + "a" * 63 + ".example:65535/",
    "http://169.254.169.254/latest",
)
HOSTS = ("oapi.dingtalk.com", "例子.中国:443", "10.0.0.7:8443", "[::1]:80", "A.Example.", "x_y.example")
CODES = ("91340600MA0000001D", "91350100m000100y43")
TEXTS: dict[str, tuple[str, ...]] = {
    "phones": PHONES,
    "mails": MAILS,
    "urls": URLS,
    "hosts": HOSTS,
    "credit codes": CODES,
}
LETTERS = "0123456789aA.-@:/[]%()（）＠．。转#,;'\"\\ \t\n\x00\u200b\u202e\u00ad\ufeff\u0663²é中𠮷\ud800"


def pasted(drawn: Drawn, text: str) -> str:
    """`text` with letters put in, taken out, doubled or replaced."""
    letters = list(text)
    for _ in range(drawn.choice((0, 1, 1, 2, 5))):
        place = drawn.randint(0, len(letters))
        odd = drawn.choice((drawn.choice(LETTERS), drawn.text(), letters[place - 1] * 70 if letters else ""))
        letters[place : place + drawn.randint(0, 2)] = [odd]
    return "".join(letters)


def one_spelling(rule: Callable[[str], Any], text: str) -> None:
    """The rule refuses a text by ValueError or `Invalid`, or gives a spelling that it leaves as it is."""
    try:
        spelling = rule(text)
    except (ValueError, Invalid):
        return
    if spelling is not None:
        assert rule(str(spelling)) == spelling, ascii(text)


async def callable_url(text: str) -> None:
    """A URL that may be saved can be looked up: the resolver takes its name, and a private one is refused.

    Only names of digits are looked up, which asks nobody; nothing is dialled.
    """
    try:
        check_url(text, allow_private=False)
    except Invalid:
        return
    parsed = httpx.URL(text)
    name, port = parsed.raw_host.decode("ascii"), parsed.port or 443
    name.encode("idna")
    assert 1 <= port <= 65_535
    if set(name) <= set("0123456789.:abcdefx") and not name.endswith(".example"):
        with contextlib.suppress(httpcore.ConnectError):
            addresses = await webhooks._Checked(allow_private=False, ports=webhooks.PORTS)._addresses(
                name, port
            )
            assert all(webhooks.is_public(ipaddress.ip_address(address)) for address in addresses)


RULES: dict[str, tuple[Callable[[str], Any], ...]] = {
    "phones": (phone, mobile, sms_number),
    "mails": (mail_address,),
    "hosts": (host,),
    "urls": (url,),
    "credit codes": (CREDIT_CODE.validate_python,),
}


@pytest.mark.parametrize("count", [5_000, pytest.param(40_000, marks=LONG)], ids=["quick", "long"])
async def test_addresses(record_property: Note, count: int) -> None:
    drawn = Drawn(SEED)
    tried: Counter[str] = Counter()
    for _ in range(count):
        kind = drawn.choice(tuple(TEXTS))
        text = pasted(drawn, drawn.choice(TEXTS[kind]))
        tried[kind] += 1
        try:
            host_of(text)
            if kind == "urls":
                await callable_url(text)
            for rule in RULES.get(kind, ()):
                one_spelling(rule, text)
        except Exception as error:
            error.add_note(f"seed {SEED}: {kind}: {text!a}")
            raise
    record_property("hostile", {"addresses": dict(tried)})


def drawn_rows(drawn: Drawn) -> list[list[str]]:
    """A header and rows with an id of their own, some cells of which are odd."""
    rows = []
    for number in range(drawn.randint(1, 30)):
        row = [*ROWS[1]]
        row[0] = str(number)
        for _ in range(drawn.choice((0, 0, 1, 2))):
            odd = (
                drawn.text(),
                f'"{drawn.text()}"',
                drawn.text() + "\r\n",
                "2026/11/9 24:00",
                "2万",
                "1,234",
            )
            row[drawn.randrange(1, len(row))] = drawn.choice(odd)
        rows.append(row)
    return [ROWS[0], *rows]


@pytest.mark.parametrize("count", [250, pytest.param(3_000, marks=LONG)], ids=["quick", "long"])
def test_files(tmp_path: Path, record_property: Note, count: int) -> None:
    drawn, file = Drawn(SEED), tmp_path / "appeals.csv"
    profile, accounted = profiles.load("appeals-zh"), 0
    tried: Counter[str] = Counter()
    for number in range(count):
        rows, text = drawn_rows(drawn), io.StringIO(newline="")
        csv.writer(text, delimiter=drawn.choice(",,;\t"), quoting=csv.QUOTE_ALL).writerows(rows)
        content = text.getvalue().encode(errors="replace")
        is_spoiled = drawn.random() < 0.5
        file.write_bytes(drawn.spoiled_bytes(content) if is_spoiled else content)
        tried["spoiled files" if is_spoiled else "files"] += 1
        try:
            recorded = read_all(file, profile)
        except FileRefused:
            continue
        try:
            accounted += len(recorded.cases) + len(recorded.rejected)
            if not is_spoiled:
                assert len(recorded.cases) + len(recorded.rejected) == len(rows) - 1
            if number % 10 == 0:
                totals = simulate(file, "appeals-zh", ["bozhou-2024"], tmp_path / "out", at_once=1)
                assert (totals.cases, totals.rejected) == (len(recorded.cases), len(recorded.rejected))
        except Exception as error:
            error.add_note(f"seed {SEED}: {file.read_bytes()!r:.5000}")
            raise
    record_property("hostile", {"files": dict(tried)})
    assert accounted > count
