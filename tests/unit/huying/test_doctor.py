"""`huying doctor`: each thing that is wrong is one line, with what to do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from huying.commands.main import app
from huying.doctor import backups, machine, services
from huying.doctor.finding import Finding, Level
from huying.local.cluster import SEAL_KEY
from shared.service.clock import WallClock

NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
URLS = {"intake": "http://city/intake", "dispatch": "http://city/dispatch"}
Answer = Callable[[httpx.Request], httpx.Response]


def answer(request: httpx.Request) -> httpx.Response:
    """A service that is well."""
    if request.url.path.endswith("/metrics"):
        return httpx.Response(200, text='huying_parked_messages{service="intake",topic="x"} 0.0\n')
    return httpx.Response(200, json={"now": WallClock().now().isoformat()})


def instead(service: str, path: str, answered: httpx.Response) -> Answer:
    """As `answer`, but for one path of one service."""

    def one_other(request: httpx.Request) -> httpx.Response:
        return answered if request.url.path == f"/{service}/{path}" else answer(request)

    return one_other


async def examined(answers: Answer) -> list[Finding]:
    return await services.examine(URLS, "key", httpx.MockTransport(answers))


async def test_services_that_are_well_are_one_line() -> None:
    (finding,) = await examined(answer)
    assert (finding.level, finding.about) == (Level.WELL, "services")


@pytest.mark.parametrize(
    ("path", "answered", "level", "words", "do"),
    [
        ("health", httpx.Response(503, json={"detail": "停滞 / stands"}), Level.WRONG, "503", "Standing.md"),
        ("flow", httpx.Response(401, json={}), Level.WRONG, "refuses the key", "--key"),
        ("flow", httpx.Response(200, json={"now": "2020-01-01T00:00:00Z"}), Level.WRONG, "its clock", "NTP"),
        ("metrics", httpx.Response(500), Level.WRONG, "does not answer", "log"),
        (
            "metrics",
            httpx.Response(200, text='huying_parked_messages{service="intake",topic="x"} 3.0\n'),
            Level.NOTE,
            "messages are parked: 3",
            "huying parked list",
        ),
        (
            "metrics",
            httpx.Response(200, text='huying_consumer_lag_seconds{service="intake"} 61.0\n'),
            Level.NOTE,
            "61 s behind",
            "LagAge.md",
        ),
        (
            "metrics",
            httpx.Response(200, text='huying_outbox_age_seconds{service="intake"} 500.0\n'),
            Level.WRONG,
            "not sent to Kafka (seconds): 500",
            "OutboxAge.md",
        ),
    ],
)
async def test_what_is_wrong_with_a_service_is_one_line_with_what_to_do(
    path: str, answered: httpx.Response, level: Level, words: str, do: str
) -> None:
    (finding,) = await examined(instead("intake", path, answered))
    assert (finding.level, finding.about) == (level, "intake")
    assert words in finding.text
    assert finding.do
    assert do in finding.do[1]


async def test_a_service_that_does_not_answer_is_said_once() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/intake/"):
            raise httpx.ConnectError("refused")
        return answer(request)

    (finding,) = await examined(refuse)
    assert (finding.level, finding.about) == (Level.WRONG, "intake")
    assert "ConnectError" in finding.en


def test_every_page_that_a_line_names_is_there() -> None:
    pages = Path(__file__).parents[3] / "docs" / "runbooks"
    from huying.console.alerts import CONDITIONS

    lacking = [item.name for item in CONDITIONS if not (pages / f"{item.name}.md").exists()]
    assert lacking == []
    assert all((pages / f"{name}.md").exists() for name in ("DiskFilling", "CertificateExpires", "ProxyDown"))


def certificate(file: Path, days: int) -> Path:
    """A certificate that ends in some days, signed by itself."""
    key, name = Ed25519PrivateKey.generate(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "city")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(NOW - timedelta(days=300))
    signed = built.not_valid_after(NOW + timedelta(days=days, hours=1)).sign(key, None)
    file.write_bytes(signed.public_bytes(form.Encoding.PEM))
    return file


@pytest.mark.parametrize(("days", "level"), [(60, Level.WELL), (20, Level.NOTE), (3, Level.WRONG)])
def test_the_end_of_a_certificate_is_told_in_time(tmp_path: Path, days: int, level: Level) -> None:
    finding = machine.certificate(certificate(tmp_path / "tls", days), NOW)
    assert (finding.level, f"in {days} days" in finding.en) == (level, True)


def test_a_file_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("x")
    assert machine.certificate(tmp_path / "tls", NOW).level is Level.WRONG


def test_keys_that_lack_or_that_others_may_read_are_told(tmp_path: Path) -> None:
    lacking, *_ = machine.files(tmp_path)
    assert (lacking.level, SEAL_KEY in lacking.en) == (Level.WRONG, True)
    for name in lacking.en.removeprefix("lacking: ").split(", "):
        folder = tmp_path / "data-keys" if name.removesuffix(".yaml") in machine.SERVICES else tmp_path
        folder.mkdir(exist_ok=True)
        (folder / name).touch(0o600)
    assert [finding.level for finding in machine.files(tmp_path)] == [Level.WELL]
    (tmp_path / SEAL_KEY).chmod(0o644)
    (finding,) = machine.files(tmp_path)
    assert (finding.level, str(tmp_path / SEAL_KEY) in finding.text) == (Level.WRONG, True)


def test_an_old_backup_and_one_without_wal_are_told(tmp_path: Path) -> None:
    assert [finding.level for finding in backups.examine(None, NOW)] == [Level.NOTE]
    assert [finding.level for finding in backups.examine(tmp_path, NOW)] == [Level.WRONG, Level.WRONG]
    base = tmp_path / "base" / "20261101T000000Z"
    base.mkdir(parents=True)
    (base / "backup_manifest").touch()
    (tmp_path / "wal").mkdir()
    (tmp_path / "wal" / "000000010000000000000001").touch()
    now = WallClock().now()
    assert backups.examine(tmp_path, NOW)[0].level is Level.NOTE
    assert backups.examine(tmp_path, NOW - timedelta(days=5))[0].level is Level.WELL
    assert backups.examine(tmp_path, now)[1].level is Level.WELL
    assert backups.examine(tmp_path, now + timedelta(hours=1))[1].level is Level.WRONG


def test_where_nothing_runs_the_doctor_says_how_to_begin(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--state", str(tmp_path)])
    assert result.exit_code == 1
    assert "nothing runs" in result.output
    assert "huying up" in result.output
