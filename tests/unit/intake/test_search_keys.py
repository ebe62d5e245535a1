"""The hashes by which appeals are found."""

from services.intake.search.indexed import COMPARED, SameContent, index_row, of_enterprise, words
from shared.finding.hashes import Hashes
from tests.unit.intake.case import received, registration

HASHES = Hashes("k" * 32)


def test_the_same_words_have_the_same_hash_under_one_key_alone() -> None:
    other = Hashes("o" * 32)
    assert HASHES.whole("name", "甲厂") == Hashes("k" * 32).whole("name", "甲厂")
    assert HASHES.whole("name", "甲厂") != other.whole("name", "甲厂")
    assert HASHES.version != other.version


def test_a_whole_text_of_one_sort_is_none_of_another() -> None:
    assert HASHES.whole("name", "甲乙") not in (HASHES.whole("code", "甲乙"), *HASHES.words("甲乙"))
    assert HASHES.whole("name", "甲", "乙") != HASHES.whole("name", "甲乙")


def test_blanks_signs_and_capitals_do_not_tell_an_enterprise_apart() -> None:
    assert of_enterprise(HASHES, "ABC（亳州）公司", None) == of_enterprise(HASHES, "abc亳州 公司", None)


def test_a_long_text_is_read_at_its_beginning() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 2 * COMPARED)))
    assert len(words(HASHES, "", text)) == COMPARED - 1


def test_an_appeal_is_found_by_phone_firm_and_content() -> None:
    row = index_row(received(), HASHES)
    assert {HASHES.tail("0558-1234567"), HASHES.tail("4567")} <= set(row.tails)
    content = SameContent.of(registration(), HASHES).hash
    assert row.wholes == [content, *of_enterprise(HASHES, "某某食品有限公司", None)]
    assert row.words == HASHES.words("用电", "厂区停电", "某某食品有限公司")


def test_a_content_is_the_same_of_one_sender_alone() -> None:
    senders = [(), ("anyone", "10.0.0.1", ""), ("anyone", "100.0.1", ""), ("account", "10.0.0.1")]
    contents = [SameContent.of(registration(), HASHES, *sender) for sender in senders]
    assert len(set(contents)) == len(senders)
    assert SameContent.of(registration(), HASHES, *senders[1]) == contents[1]
    row = index_row(received(), HASHES, contents[1])
    assert row.wholes[:2] == [contents[0].hash, contents[1].hash]
