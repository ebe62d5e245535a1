"""How Kafka is spoken to: what settings say, and what they refuse."""

from pathlib import Path
from typing import Any

import pytest

from shared.service.settings import KafkaSettings

LOGIN = {"kafka_protocol": "SASL_PLAINTEXT", "kafka_user": "intake"}


def test_without_settings_it_is_a_broker_that_asks_for_nothing() -> None:
    said = KafkaSettings(bootstrap="127.0.0.1:1").client()
    assert said == {"bootstrap_servers": "127.0.0.1:1", "security_protocol": "PLAINTEXT"}
    assert KafkaSettings().idempotent_producer is False


def test_a_user_logs_in_by_scram_with_a_password_given_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim\n")
    for given in ({"kafka_password": "geheim"}, {"kafka_password_file": file}):
        said = KafkaSettings(**LOGIN, **given).client()  # type: ignore[arg-type]
        assert said["sasl_mechanism"] == "SCRAM-SHA-512"
        assert (said["sasl_plain_username"], said["sasl_plain_password"]) == ("intake", "geheim")


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(KafkaSettings(**LOGIN, kafka_password="geheim"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "told"),
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
def test_what_is_no_way_to_speak_is_refused_in_words(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        KafkaSettings(**given)


def test_a_password_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    file = tmp_path / "password"
    settings = KafkaSettings(**LOGIN, kafka_password_file=file)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"{file} cannot be read"):
        settings.client()
    file.write_text("\n")
    with pytest.raises(ValueError, match=f"{file} is empty"):
        settings.client()
