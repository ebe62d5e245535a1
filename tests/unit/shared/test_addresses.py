"""Phones, e-mail addresses, hosts and names as people paste them."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.addresses.credit_codes import CreditCode
from shared.addresses.hosts import host, host_of
from shared.addresses.mail import mail_address
from shared.addresses.phones import mobile, phone
from shared.web.bodies import Body
from shared.web.letters import all_visible, visible
from shared.web.mistakes import mistakes

MOBILE, LANDLINE = "13912345678", "0558-5234567"


@pytest.mark.parametrize(
    "typed",
    [
        MOBILE,
        f"\u202d{MOBILE}\u202c",
        f"\u2068{MOBILE}\u2069",
        f"{MOBILE}\u200e",
        f"\ufeff{MOBILE}",
        "\u200b139\u200b1234\u200b5678",
        "１３９１２３４５６７８",
        "١٣٩١٢٣٤٥٦٧٨",
        "139\u00a01234\u00a05678",
        "139\u20131234\u20135678",
        "139\u22121234\u22125678",
        "139.1234.5678",
        " 139-1234-5678 ",
        "86" + MOBILE,
        "86 " + MOBILE,
        "0086 " + MOBILE,
        "0086" + MOBILE,
        "+86" + MOBILE,
        "＋８６ 139 1234 5678",
        "(+86)" + MOBILE,
        "（＋86）" + MOBILE,
    ],
)
def test_a_mobile_phone_is_the_same_however_it_is_pasted(typed: str) -> None:
    assert phone(typed) == MOBILE
    assert mobile(typed) == MOBILE


@pytest.mark.parametrize(
    "typed",
    [
        "0558-5234567",
        "05585234567",
        "(0558)5234567",
        "（0558）5234567",
        "0558－5234567",
        "0558 — 5234567",
        "+86 558 5234567",
        "+86 0558 5234567",
        "0086-558-5234567",
    ],
)
def test_a_landline_keeps_its_area_code_and_takes_no_sms(typed: str) -> None:
    assert phone(typed) == LANDLINE
    assert mobile(typed) is None
    for extension in (
        "转801",
        "转 801",
        " 轉801",
        "分机801",
        "分机号：801",
        " ext. 801",
        "x801",
        "#801",
        "转８０１",
    ):
        assert phone(typed + extension) == LANDLINE + "转801"


@pytest.mark.parametrize(
    ("typed", "expected", "takes_sms"),
    [
        ("010-62345678", "010-62345678", False),
        ("021 52345678", "021-52345678", False),
        ("400-820-8820", "4008208820", False),
        ("+49 30 901820", "+4930901820", False),
        ("0049 30 901820", "+4930901820", False),
        ("+49 1512 3456789", "+4915123456789", True),
        ("+852 9123 4567", "+85291234567", True),
        ("+1 (212) 736-5000", "+12127365000", True),  # America does not tell the two apart
        ("13912345678转801", "13912345678转801", True),
        ("+49 30 901820 ext. 5", "+4930901820转5", False),
        ("141 1234 5678", "14112345678", True),  # a range that phonenumbers does not know yet
    ],
)
def test_numbers_of_other_kinds_and_countries_are_taken(typed: str, expected: str, takes_sms: bool) -> None:
    assert phone(typed) == expected
    assert (mobile(typed) is not None) == takes_sms
    assert phone(expected) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-----",
        "+++++",
        "()",
        "call me",
        "12345",
        "1391234567",
        "139123456789",
        "+86 12",
        "1-800-FLOWERS",
        f"{MOBILE}/{MOBILE}",
        "+999 12345678",
        "5234567",
        "x801",
        "转801",
        "1" * 80,
        f"电话{MOBILE}",
    ],
)
def test_what_cannot_be_called_is_no_phone(typed: str) -> None:
    with pytest.raises(ValueError, match="no phone number"):
        phone(typed)
    assert mobile(typed) is None


@settings(deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"[+(]?[0-9 ()\-./#x转]{1,40}", fullmatch=True))
def test_a_phone_is_refused_or_has_one_spelling(typed: str) -> None:
    try:
        written = phone(typed)
    except ValueError:
        assert mobile(typed) is None
    else:
        assert phone(written) == written


def test_a_mobile_phone_as_it_is_usually_typed_is_a_number_like_all_others() -> None:
    def spelled(typed: str) -> str:
        with contextlib.suppress(ValueError):
            return phone(typed)
        return "no phone"

    rests = ("1234567", "0009663", "2006213", "5007674")  # 1792, 1795 and 1796 are carriers' before three
    numbers = [f"{prefix}{rest}" for prefix in range(1300, 2000) for rest in rests]
    assert [number for number in numbers if spelled(number) != spelled(f" {number}")] == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("o'brien@works.example", "o'brien@works.example"),
        ("a&b@works.example", "a&b@works.example"),
        ("a+b_c%d@works.example", "a+b_c%d@works.example"),
        ("info@例子.中国", "info@xn--fsqu00a.xn--fiqs8s"),
        ("info@xn--fsqu00a.xn--fiqs8s", "info@xn--fsqu00a.xn--fiqs8s"),
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("\ufeffinfo@WORKS.example\u200b ", "info@works.example"),
        ("ｉｎｆｏ＠works.example", "info@works.example"),
    ],
)
def test_a_mail_address_is_what_a_server_takes(typed: str, expected: str) -> None:
    assert mail_address(typed) == mail_address(expected) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "a.@qq.example",
        ".a@qq.example",
        "a..b@qq.example",
        "a@b",
        "a@-",
        "@b.example",
        "a b@c.example",
        "boss",
        "a@b..example",
        "a@b.example\nBcc: c@d.example",
        "王@works.example",
        "a@1.2.3.4",
        "a@[1.2.3.4]",
        "a@b.example,c@d.example",
        "王 <a@b.example>",
        "a" * 65 + "@b.example",
        "a@xn--a.example",
        "a@" + "b" * 64 + ".example",
        "",
    ],
)
def test_what_no_server_takes_is_no_mail_address(typed: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        mail_address(typed)


@settings(deadline=None)
@given(st.text(max_size=60) | st.emails())
def test_a_mail_address_is_refused_or_ascii(typed: str) -> None:
    try:
        written = mail_address(typed)
    except ValueError:
        return
    assert written.isascii()
    assert mail_address(written) == written


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("OAPI.dingtalk.com", "https://oapi.dingtalk.com/robot/send?access_token=x"),
        ("oapi.dingtalk.com", "https://OAPI.DINGTALK.COM:443/robot/send"),
        ("oapi.dingtalk.com:443", "https://oapi.dingtalk.com/robot/send"),
        (" oapi.dingtalk.com\u200b", "https://oapi.dingtalk.com/robot/send"),
        ("oapi.dingtalk.com.", "https://oapi.dingtalk.com/robot/send"),
        ("例子.中国", "https://例子.中国/x"),
        ("例子.中国", "https://xn--fsqu00a.xn--fiqs8s/x"),
        ("xn--fsqu00a.xn--fiqs8s", "https://例子.中国:443/x"),
        ("Hooks.example:8443", "https://hooks.example:8443/x"),
        ("10.0.0.7:8080", "http://10.0.0.7:8080/x"),
        ("[::1]:8080", "http://[::1]:8080/x"),
    ],
)
def test_a_host_is_the_same_in_every_spelling(listed: str, url: str) -> None:
    assert host_of(f"https://{host(listed)}") == host_of(url)
    assert host(host(listed)) == host(listed)


@pytest.mark.parametrize(
    ("listed", "url"),
    [
        ("oapi.dingtalk.com", "https://oapi.dingtalk.com:8443/x"),
        ("oapi.dingtalk.com", "https://oapi.dingtalk.com.evil.example/x"),
        ("oapi.dingtalk.com", "https://evil.example/@oapi.dingtalk.com"),
        ("oapi.dingtalk.com", "https://oapi.dingtalk.com@evil.example/x"),
        ("dingtalk.com", "https://oapi.dingtalk.com/x"),
    ],
)
def test_another_host_stays_another(listed: str, url: str) -> None:
    assert host_of(f"https://{host(listed)}") != host_of(url)


@pytest.mark.parametrize(
    "listed",
    [
        "",
        " ",
        "\u200b",
        "https://oapi.dingtalk.com",
        "oapi.dingtalk.com/robot",
        "a b.example",
        "user@h.example",
        "h.example:99999",
        "h.example:0",
        "h.example:x",
        "xn--a",
        "[::1%25lo]",
        "[",
        "a..b",
        "-a.example",
        "a" * 64 + ".example",
        "*.example",
        "h?x",
        "h#x",
    ],
)
def test_what_can_be_no_host_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        host(listed)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\u200b", ""),
        ("\ufeff\u2060 \u3000", ""),
        ("\u3164\u2800\ufe0f", ""),
        ("\u202e\u202c", ""),
        ("\u200b道路破损\ufeff", "道路破损"),
        ("付款\u202e单据\u202c", "付款单据"),
        ("\u2067甲\u2069乙", "甲乙"),
        ("a\u200bb", "a\u200bb"),
        ("👩\u200d🔧已到场☑\ufe0f", "👩\u200d🔧已到场☑\ufe0f"),
    ],
)
def test_a_text_shows_what_it_says(typed: str, expected: str) -> None:
    assert visible(typed) == expected


def test_usual_letters_show_what_they_say_like_all_others() -> None:
    letters = [chr(code) for code in range(0x10000)]
    unseen = "\u200b"  # cut off at the beginning of a text; it makes the text an unusual one
    texts = [text for letter in letters for text in (f"路{letter}", f"{letter}路")]
    assert [text for text in texts if visible(text) != visible(unseen + text)] == []


def test_every_text_of_a_json_value_shows_what_it_says() -> None:
    typed = {"a": ["\u202e甲\u202c", {"b": " x\u200b"}], "c": "\u2060", "d": [1, None, True, "y2"]}
    assert all_visible(typed) == {"a": ["甲", {"b": "x"}], "c": "", "d": [1, None, True, "y2"]}


class Pasted(Body):
    """A body with a credit code."""

    code: CreditCode | None = None


@pytest.mark.parametrize(
    "typed", ["９1350100m000100y43\u200b", "9135 0100 M000 100Y43", " 91350100\u00a0M000100Y43"]
)
def test_a_credit_code_is_folded(typed: str) -> None:
    assert Pasted(code=typed).code == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("91350100M000100Y44", "check it against the licence"),
        ("9135O100M000100Y43", "without I, O, S, V and Z"),
        ("91350100M000100Y4", "has 18 characters"),
        ("91350100M000100Y431", "has 18 characters"),
    ],
)
def test_a_refusal_of_a_credit_code_is_chinese_too(typed: str, why: str) -> None:
    model: type[BaseModel] = Pasted
    with pytest.raises(ValidationError) as refusal:
        model.model_validate({"code": typed})
    (mistake,) = mistakes(refusal.value.errors())
    assert "统一社会信用代码" in mistake["zh"]
    assert why in mistake["en"]
