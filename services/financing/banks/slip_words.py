"""What banks are warned of, in words: for their receipts and for the page made from the code."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from shared.rules.wording.words import Bilingual


class WarningCode(StrEnum):
    """What is likely a slip. More may be added: banks read it as a word."""

    RATE_LOW = "rate_looks_like_a_fraction"
    RATE_HIGH = "rate_looks_too_high"
    AMOUNT_LOW = "amount_far_below_requested"
    AMOUNT_HIGH = "amount_far_above_requested"
    TERM_SHORT = "term_far_below_requested"
    TERM_LONG = "term_far_above_requested"
    DONE_LATER = "done_in_the_future"
    DONE_BEFORE = "done_before_the_request"


class Slip(NamedTuple):
    """A likely slip: the field, when it is warned of, and the words of the warning."""

    field: str
    when: Bilingual
    words: Bilingual


SLIPS: Final[Mapping[WarningCode, Slip]] = {
    WarningCode.RATE_LOW: Slip(
        "rate_percent",
        Bilingual(
            "低于 0.5：通常没有这样低的年利率，多半是把 3.85% 写成了 0.0385",
            "below 0.5: loans do not usually cost so little, and 3.85 % may have been written as 0.0385",
        ),
        Bilingual(
            "rate_percent 为 {given}，即年利率 {given}%；3.85% 请写 3.85",
            "rate_percent {given} means {given} % a year; write 3.85 for 3.85 %",
        ),
    ),
    WarningCode.RATE_HIGH: Slip(
        "rate_percent",
        Bilingual(
            "高于 24：超过部分司法上不予支持（法发〔2017〕22号第2条），多半是小数点错位",
            "above 24: courts cut what lies beyond (法发〔2017〕22号, 2); the point may be misplaced",
        ),
        Bilingual(
            "rate_percent 为 {given}，即年利率 {given}%；请核对小数点",
            "rate_percent {given} means {given} % a year; look at the decimal point",
        ),
    ),
    WarningCode.AMOUNT_LOW: Slip(
        "amount",
        Bilingual(
            "不足申请金额的千分之一：多半是把万元当作元",
            "below a thousandth of the sum asked for: 万元 may have been written for 元",
        ),
        Bilingual(
            "amount 为 {given} 元，申请 {asked} 元；单位是元，不是万元",
            "amount is {given} yuan, {asked} yuan were asked for; the unit is 元, not 万元",
        ),
    ),
    WarningCode.AMOUNT_HIGH: Slip(
        "amount",
        Bilingual(
            "达到申请金额的十倍：多半是把分当作元，或者多写了零",
            "ten times the sum asked for, or more: 分 may have been written for 元, or a zero too many",
        ),
        Bilingual(
            "amount 为 {given} 元，申请 {asked} 元；单位是元，不是分",
            "amount is {given} yuan, {asked} yuan were asked for; the unit is 元, not 分",
        ),
    ),
    WarningCode.TERM_SHORT: Slip(
        "term_months",
        Bilingual(
            "不超过申请期限的六分之一：多半是把年当作月",
            "a sixth of the term asked for, or less: years may have been written for months",
        ),
        Bilingual(
            "term_months 为 {given} 个月，申请 {asked} 个月；单位是月，不是年",
            "term_months is {given} months, {asked} were asked for; the unit is months, not years",
        ),
    ),
    WarningCode.TERM_LONG: Slip(
        "term_months",
        Bilingual(
            "达到申请期限的六倍：多半是把天当作月",
            "six times the term asked for, or more: days may have been written for months",
        ),
        Bilingual(
            "term_months 为 {given} 个月，申请 {asked} 个月；单位是月，不是天",
            "term_months is {given} months, {asked} were asked for; the unit is months, not days",
        ),
    ),
    WarningCode.DONE_LATER: Slip(
        "done_at",
        Bilingual(
            "晚于报告计入的时刻五分钟以上：多半是把北京时间标成了 UTC",
            "more than five minutes after the report: Beijing time may have been marked as UTC",
        ),
        Bilingual(
            "done_at 为北京时间 {given}，尚未到来；请核对时区，北京时间写 +08:00",
            "done_at is {given} in Beijing time, which is still to come; write +08:00 for Beijing time",
        ),
    ),
    WarningCode.DONE_BEFORE: Slip(
        "done_at",
        Bilingual(
            "早于推送时刻五分钟以上：多半是把 UTC 标成了北京时间，或者写错了需求",
            "more than five minutes before the push: UTC may have been marked as +08:00, or the leg is wrong",
        ),
        Bilingual(
            "done_at 为北京时间 {given}，早于推送时刻 {asked}；请核对时区和 leg",
            "done_at is {given} in Beijing time, before the push at {asked}; look at the offset and at leg",
        ),
    ),
}
"""`given` is what the bank reported; `asked` is what the enterprise asked for, or when it was pushed."""
