"""The identity provider that the settings name. A changed file counts within a second."""

from pathlib import Path
from urllib.parse import urlencode

from services.desks.people.provider.client import ProviderClient
from services.desks.people.provider.settings import ProviderSettings, read
from shared.files.watched import WatchedFile
from shared.service.errors import Conflict
from shared.telemetry.metrics import Telemetry


class Provider:
    """The settings as they stand, and the client for them."""

    def __init__(self, file: Path, telemetry: Telemetry) -> None:
        self._file = WatchedFile(file, read)
        self._telemetry = telemetry
        self._client: tuple[ProviderSettings, ProviderClient] | None = None

    def settings(self) -> ProviderSettings:
        return self._file.content()

    def client(self) -> ProviderClient:
        """The client for the settings as they stand: other settings forget the keys of the ones before."""
        settings = self.settings()
        if self._client is None or self._client[0] is not settings:
            self._client = settings, ProviderClient(settings, self._telemetry)
        return self._client[1]


async def sign_out_address(provider: Provider, id_token: str) -> str | None:
    """Where a browser signs out at the provider too (RP-Initiated Logout 1.0); None where it offers that not.

    Raises `Unavailable` while the provider does not answer.
    """
    metadata, settings = await provider.client().metadata(), provider.settings()
    if metadata.end_session_endpoint is None:
        return None
    wanted = {"id_token_hint": id_token, "client_id": settings.client_id}
    if settings.after_sign_out is not None:
        wanted["post_logout_redirect_uri"] = settings.after_sign_out
    return with_query(metadata.end_session_endpoint, wanted)


def with_query(url: str, parameters: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def not_set_up() -> Conflict:
    return Conflict(
        "本系统未接入统一身份认证：请用本系统的账号和密码登录",
        "no identity provider is set up here: sign in with an account and password of this system",
    )
