"""Settings that every service has, from the environment (`HUYING_…`) or given by whoever starts it.

A service with settings of its own has a subclass.
"""

import os
import ssl
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field, PositiveInt, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KafkaSettings(BaseSettings):
    """Where the broker is and how to log in to it. ValueError for settings that do not fit together."""

    # HUYING_SECRETS names a folder with a file for each secret setting, such as huying_database
    model_config = SettingsConfigDict(
        env_prefix="HUYING_", frozen=True, secrets_dir=os.environ.get("HUYING_SECRETS")
    )

    bootstrap: str = "127.0.0.1:9092"
    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    kafka_user: str | None = None
    kafka_password: str | None = Field(default=None, repr=False)
    kafka_password_file: Path | None = None
    kafka_ca: Path | None = (
        None  # the CA file that the broker's certificate is checked by; by default the system's
    )
    kafka_certificate: Path | None = (
        None  # a PEM file with key and certificate, where the broker asks for one
    )
    idempotent_producer: bool = False  # on for Apache Kafka; the embedded broker refuses it

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        secrets = (self.kafka_password is not None) + (self.kafka_password_file is not None)
        if self.kafka_protocol.startswith("SASL") != (self.kafka_user is not None):
            raise ValueError(
                f"HUYING_KAFKA_PROTOCOL is {self.kafka_protocol} and HUYING_KAFKA_USER is {self.kafka_user}: "
                "SASL_PLAINTEXT and SASL_SSL need a user, the others take none / 用户名与协议不符"
            )
        if secrets != (self.kafka_user is not None):
            raise ValueError(
                "HUYING_KAFKA_USER needs HUYING_KAFKA_PASSWORD or HUYING_KAFKA_PASSWORD_FILE, one of them;"
                " without a user neither is of use / 密码与用户名须同时给出，且只给一种"
            )
        if self.kafka_ca and not self.kafka_protocol.endswith("SSL"):
            raise ValueError(
                f"HUYING_KAFKA_CA is of use with SSL and SASL_SSL only, not with {self.kafka_protocol}"
                " / 仅加密协议使用证书"
            )
        return self

    def client(self) -> dict[str, Any]:
        """The options of every aiokafka client. ValueError where the password or CA file cannot be read."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.kafka_protocol,
        }
        if self.kafka_protocol.endswith("SSL"):
            options["ssl_context"] = context = ssl.create_default_context(cafile=self.kafka_ca)
            if self.kafka_certificate is not None:
                context.load_cert_chain(self.kafka_certificate)
        if self.kafka_user is not None:
            options["sasl_mechanism"] = self.kafka_mechanism
            options["sasl_plain_username"] = self.kafka_user
            options["sasl_plain_password"] = self._secret()
        return options

    def _secret(self) -> str:
        if self.kafka_password is not None or self.kafka_password_file is None:
            return self.kafka_password or ""
        try:
            secret = self.kafka_password_file.read_text("utf-8").strip()
        except OSError as error:
            raise ValueError(
                f"HUYING_KAFKA_PASSWORD_FILE {self.kafka_password_file} cannot be read: {error.strerror}"
                " / 密码文件无法读取"
            ) from error
        if not secret:
            raise ValueError(f"HUYING_KAFKA_PASSWORD_FILE {self.kafka_password_file} is empty / 密码文件为空")
        return secret


class Settings(KafkaSettings):
    """One service's settings. `database` is a SQLAlchemy URL of the service's own database and role."""

    database: str
    partitions: int = Field(default=6, ge=1, le=256)
    replication: int = Field(default=1, ge=1)
    topics_kept_days: dict[str, PositiveInt] = Field(default_factory=dict)
    """How long new topics keep records, by name or pattern. Others keep them for ever."""
    zone: str = "Asia/Shanghai"
    clock: Literal["wall", "driven"] = "wall"
    clock_starts_at: AwareDatetime | None = None  # where a driven clock stands at the start; else in 2000
    accounts: Path | None = None
    token_keys: Path | None = None  # public keys (PEM) that check tokens of people; else none is taken
    data_keys: Path | None = None  # the key ring that encrypts personal data; a service needs one to start
    retention: Path | None = None  # how long each kind of data is kept; without it for ever
    seal_key: Path | None = None  # an Ed25519 key in PEM that seals each day; without it none is sealed
    otlp_endpoint: str | None = None  # base address spans are sent to (/v1/traces is added); off without it
    trace_ratio: float = Field(default=0.1, ge=0, le=1)  # of the traces that begin here, sampled
    host: str = "127.0.0.1"
    port: int = 8000
    most_connections: int = Field(
        default=800, ge=1
    )  # at once; of the files that a process may open, 100 fewer
    most_requests: int = Field(default=400, ge=1)  # answered at once; /health, /ready and /metrics besides
    behind_proxy: bool = False  # a proxy ends TLS and writes X-Forwarded-For, whose last address calls
    log_level: str = "INFO"
    fetch_wait_ms: int = Field(default=200, ge=1)  # a fetch waits so long at the broker for a record
    session_timeout_ms: int = Field(default=10_000, ge=1000)
    busy_watermark_s: float = 0.5
    idle_watermark_s: float = 300.0
    standing_limit_s: float = Field(default=300.0, gt=0)  # at one record or row, then /health answers 503

    def time_zone(self) -> ZoneInfo:
        """The zone of the city. ValueError where the setting names none."""
        try:
            return ZoneInfo(self.zone)
        except ZoneInfoNotFoundError as error:
            raise ValueError(
                f"HUYING_ZONE is {self.zone}, which is no time zone: write it like Asia/Shanghai"
            ) from error
