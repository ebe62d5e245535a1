"""Settings of one service, from the environment (`HUYING_…`) or given by whoever starts it."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One service's settings. `database` is a SQLAlchemy URL of the service's own database and role."""

    model_config = SettingsConfigDict(env_prefix="HUYING_", frozen=True)

    database: str
    bootstrap: str = "127.0.0.1:9092"
    partitions: int = Field(default=6, ge=1, le=256)
    replication: int = Field(default=1, ge=1)
    idempotent_producer: bool = False  # Apache Kafka only: the embedded broker refuses it
    pack: str = "bozhou-2024"
    procedures: tuple[str, ...] = ()  # further packs that appeals may be registered under
    pack_settings: Path | None = None  # the jurisdiction's settings: numbers that packs leave open
    financing_pack: str = "bozhou-2024-financing"  # judges loan requests
    routing: Path | None = None  # which banks are asked; without it the rules that financing brings
    zone: str = "Asia/Shanghai"
    clock: Literal["wall", "driven"] = "wall"
    accounts: Path | None = None
    calendar: Path | None = None
    channels: Path | None = None  # how notify reaches people; without it messages stay in the inboxes
    allow_private_webhooks: bool = False  # webhooks to addresses that are not public, and without TLS
    host: str = "127.0.0.1"
    port: int = 8000
    log_level: str = "INFO"
    fetch_wait_ms: int = Field(default=50, ge=1)
    session_timeout_ms: int = Field(default=10_000, ge=1000)
    busy_watermark_s: float = 0.5
    idle_watermark_s: float = 300.0
