"""Which requests count as signed, as the library signs them and as a careless bank does."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from services.financing.banks.signing.domain import SignatureHeaders, check_signature
from shared.service.errors import Unsigned

SECRET, OLD = (f"whsec_{base64.b64encode(24 * letter).decode()}" for letter in (b"n", b"o"))
BODY = '{"report_id": "1", "evidence": {"by": "李经理"}}'.encode()
NOW_S = 1_796_000_000
FIELDS = ("webhook-id", "webhook-timestamp", "webhook-signature")


def sent(secret: str = SECRET, at_s: int = NOW_S, body: bytes = BODY) -> SignatureHeaders:
    """The headers as the library writes them."""
    moment = datetime.fromtimestamp(at_s, UTC)
    return SignatureHeaders("id", str(at_s), Webhook(secret).sign("id", moment, body.decode()))


def refusal(headers: SignatureHeaders, body: bytes = BODY) -> Unsigned:
    with pytest.raises(Unsigned) as refused:
        check_signature([SECRET], headers, body, NOW_S)
    return refused.value


@pytest.mark.parametrize("away_s", [0, 300, -300])
@pytest.mark.parametrize("secret", [SECRET, OLD])
@pytest.mark.parametrize("body", [BODY, b""])
def test_what_the_library_signed_by_a_valid_secret_within_five_minutes_counts(
    secret: str, away_s: int, body: bytes
) -> None:
    check_signature([SECRET, OLD], sent(secret, NOW_S + away_s, body), body, NOW_S)


@pytest.mark.parametrize("away_s", [301, -301, 28_800, NOW_S * 999])
def test_more_than_five_minutes_away_is_refused_with_the_time_of_the_server(away_s: int) -> None:
    headers = sent()._replace(timestamp=str(NOW_S + away_s)) if away_s > 0 else sent(at_s=NOW_S + away_s)
    error = refusal(headers)
    assert error.field == "webhook-timestamp"
    for words in (error.zh, error.en):
        assert f"{NOW_S}" in words
        assert "2026-11-30T" in words


@pytest.mark.parametrize("moment", ["2026-11-30T01:00:00Z", "12.5", "-5", "٣", "1e9", " 1", "9" * 400])
def test_a_time_that_is_no_whole_number_of_seconds_is_refused(moment: str) -> None:
    assert refusal(sent()._replace(timestamp=moment)).field == "webhook-timestamp"


@pytest.mark.parametrize("missing", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_every_header_that_is_missing_is_named(missing: tuple[int, ...]) -> None:
    headers = SignatureHeaders(*("" if n in missing else value for n, value in enumerate(sent())))
    error = refusal(headers)
    assert error.field == FIELDS[missing[0]]
    for number, name in enumerate(FIELDS):
        assert (name in error.zh, name in error.en) == (number in missing,) * 2


RIGHT = sent().signature


@pytest.mark.parametrize(
    "signatures",
    [
        RIGHT.removeprefix("v1,"),
        RIGHT.replace("v1,", "v2,"),
        RIGHT.replace("v1,", "v1, "),
        RIGHT[:-2] + "=",
        RIGHT.rstrip("="),
        RIGHT.lower(),
        "v1," + base64.b64decode(RIGHT[3:]).hex(),
        sent(OLD).signature,
        sent(body=BODY + b"\n").signature,
        "é",
        " ",
    ],
)
def test_anything_but_the_signature_is_refused(signatures: str) -> None:
    assert refusal(sent()._replace(signature=signatures)).field == "webhook-signature"


def test_the_right_one_counts_among_others() -> None:
    signatures = f"v1a,anything v1,AAAA {RIGHT} v2,BBBB"
    check_signature([SECRET], sent()._replace(signature=signatures), BODY, NOW_S)


def test_no_other_id_time_or_body_counts() -> None:
    for headers in (sent()._replace(id="id2"), sent()._replace(timestamp=str(NOW_S + 1))):
        assert refusal(headers).field == "webhook-signature"
    assert refusal(sent(), BODY.replace(b"1", b"2")).field == "webhook-signature"
