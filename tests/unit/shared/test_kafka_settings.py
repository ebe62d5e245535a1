"""How Kafka is spoken to: what settings say, and what they refuse."""

from pathlib import Path
from typing import Any

import pytest

from shared.service.settings import KafkaSettings

LOGIN = {"kafka_protocol": "SASL_PLAINTEXT", "kafka_user": "intake"}


def test_without_settings_it_is_a_broker_that_asks_for_nothing() -> None:
    client = KafkaSettings(bootstrap="127.0.0.1:1").client()
    assert client == {"bootstrap_servers": "127.0.0.1:1", "security_protocol": "PLAINTEXT"}
    assert KafkaSettings().idempotent_producer is False


def test_a_user_logs_in_by_scram_with_a_password_given_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim\n")
    for password in ({"kafka_password": "geheim"}, {"kafka_password_file": file}):
        client = KafkaSettings(**LOGIN, **password).client()  # type: ignore[arg-type]
        assert client["sasl_mechanism"] == "SCRAM-SHA-512"
        assert (client["sasl_plain_username"], client["sasl_plain_password"]) == ("intake", "geheim")


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(KafkaSettings(**LOGIN, kafka_password="geheim"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"kafka_user": "intake", "kafka_password": "x"}, "HUYING_KAFKA_PROTOCOL is PLAINTEXT"),
        ({"kafka_protocol": "SASL_SSL"}, "need a user"),
        (LOGIN, "HUYING_KAFKA_USER needs HUYING_KAFKA_PASSWORD"),
        ({**LOGIN, "kafka_password": "x", "kafka_password_file": "y"}, "one of them"),
        ({"kafka_password": "x"}, "without a user"),
        ({"kafka_ca": "ca.pem"}, "HUYING_KAFKA_CA is of use with SSL"),
        ({**LOGIN, "kafka_password": "x", "kafka_mechanism": "MD5"}, "SCRAM-SHA-512"),
    ],
)
def test_what_is_no_way_to_speak_is_refused_in_words(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        KafkaSettings(**settings)


def test_a_password_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    file = tmp_path / "password"
    settings = KafkaSettings(**LOGIN, kafka_password_file=file)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"{file} cannot be read"):
        settings.client()
    file.write_text("\n")
    with pytest.raises(ValueError, match=f"{file} is empty"):
        settings.client()
