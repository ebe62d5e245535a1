"""Files for the public: words that stay with the city are left out, and every link verifies all the same."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from huying.archive import files as archive
from huying.archive.audit import summary, verified
from huying.archive.checker import Verdict
from huying.archive.files import FORMAT, Broken, Writer
from shared.audit import chain, seals
from shared.audit.chain import ChainedEvent
from shared.audit.links import withheld_of
from shared.audit.seals import Head
from shared.events import CATALOGUE, WITHHELD_FIELDS

AT = datetime(2026, 11, 9, 1, tzinfo=UTC)
CASE, EVENT, SALT = UUID(int=1), UUID(int=2), UUID(int=3)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BODY = f'{{"appeal_id":"{CASE}","title":"道路破损","enterprise":"示例企业","kind":"help"}}'
CODES = {
    *("above", "acts", "asked_by", "bank", "by", "calendar", "card", "category", "channel", "clause", "code"),
    *(
        "complained_of",
        "complaint",
        "confirmed_by",
        "deadline",
        "deputy",
        "division",
        "first_asked",
        "ground",
    ),
    *(
        "lead_number",
        "leader",
        "leg",
        "level",
        "locality",
        "media_type",
        "name",
        "office",
        "origin",
        "outcome",
    ),
    *(
        "pack",
        "parent",
        "post",
        "product",
        "recipient",
        "registration_number",
        "sha256",
        "source_id",
        "stage",
    ),
    *("state", "template", "to", "unit", "unit_name"),
}
"""Fields of events that hold codes, numbers or names of bodies, and no words of people."""


def linked(salt: UUID | None = SALT) -> ChainedEvent:
    """The only event of a chain, as the relay links it."""
    event = chain.canonical("intake", str(CASE), EVENT, "appeal.received.v1", AT, BODY)
    salted = (salt.hex, withheld_of("appeal.received.v1", BODY, salt)) if salt else ("", ())
    chained = ChainedEvent(1, 1, bytes(32), str(EVENT), str(CASE), event, *salted)
    return chained._replace(link=chain.link(chain.START, chained.linked))


def file_of(line: bytes, link: bytes, folder: Path, *, records: bool) -> Path:
    """A signed file with this line as its only event."""
    digest = chain.RunningDigest()
    digest.add(link)
    head = Head("intake", None, 1, digest.head(), AT).content()
    public = seals.public_bytes(KEY).hex()

    def signed(content: dict[str, object]) -> dict[str, str]:
        return {"key": public, "signature": KEY.sign(seals.signed_bytes(content)).hex()}

    header = {"format": FORMAT, "made_at": AT.isoformat(), "records": records, "packs": [], "judged_upto": {}}
    header |= {"services": [{"name": "intake", "events": 1}], "key": public}
    with Writer(folder / "city.ndjson") as writer:
        writer.write(archive.metadata_line(archive.HEADER, "huying", header))
        writer.write(line)
        writer.write(archive.metadata_line(archive.HEAD, "intake", {"head": head, **signed(head)}))
        end: dict[str, object] = {"lines": writer.lines, "sum": writer.sum().hex()}
        writer.write(archive.metadata_line(archive.END, "huying", {"file": end, **signed(end)}))
    return folder / "city.ndjson"


def verdict_of(line: bytes, folder: Path, *, records: bool, link: bytes | None = None) -> Verdict:
    return verified(file_of(line, link or linked().link, folder, records=records), [seals.public_bytes(KEY)])


def test_a_file_with_the_words_and_one_without_them_verify_by_the_same_links(tmp_path: Path) -> None:
    whole, public = linked().line(), linked().for_public(WITHHELD_FIELDS).line()
    for word in ("道路破损", "示例企业", SALT.hex):
        assert word.encode() in whole
        assert word.encode() not in public
    assert verdict_of(whole, tmp_path, records=True).events == 1
    assert verdict_of(public, tmp_path, records=False).closed == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("道路破损", "道路完好"),
        ('"title":', '"title": '),  # the same value in other bytes
        (SALT.hex, UUID(int=4).hex),
        ("title,enterprise", "title"),
        ('"kind":"help"', '"kind":"complaint"'),
    ],
)
def test_whatever_is_altered_in_a_file_with_the_words_is_found(tmp_path: Path, old: str, new: str) -> None:
    line = linked().line()
    assert old.encode() in line
    with pytest.raises(Broken, match="was altered"):
        verdict_of(line.replace(old.encode(), new.encode()), tmp_path, records=True)


@pytest.mark.parametrize("part", ['"kind":"help"', '"commitment":"'])
def test_whatever_is_altered_in_a_file_for_the_public_is_found(tmp_path: Path, part: str) -> None:
    line = linked().for_public(WITHHELD_FIELDS).line()
    assert part.encode() in line
    with pytest.raises(Broken, match="was altered"):
        verdict_of(
            line.replace(part.encode(), part[:-1].encode() + b"0" + part[-1:].encode()),
            tmp_path,
            records=False,
        )


def test_an_event_of_before_stays_closed_and_the_check_says_so(tmp_path: Path) -> None:
    earlier = linked(salt=None)
    line = earlier.for_public(WITHHELD_FIELDS).line()
    assert "道路破损".encode() not in line
    verdict = verdict_of(line, tmp_path, records=False, link=earlier.link)
    assert "1 of the events have words" in summary(verdict, with_key=True)
    with pytest.raises(Broken, match="is closed"):
        verdict_of(line, tmp_path, records=True, link=earlier.link)


def test_every_text_of_an_event_is_withheld_or_known_to_hold_a_code() -> None:
    texts = {
        name
        for type_, event in CATALOGUE.items()
        for name in event.texts()
        if name not in WITHHELD_FIELDS.get(type_, ())
    }
    assert texts <= CODES
    assert {"title", "enterprise", "credit_code", "receipt_hash"} <= set(
        WITHHELD_FIELDS["appeal.received.v1"]
    )
