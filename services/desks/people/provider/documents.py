"""What the provider publishes and answers: its addresses, its keys, and the answer to a code. Pure."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Url = Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2_000)]


class _Lenient(BaseModel):
    """Providers say more than we ask for."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Metadata(_Lenient):
    """The provider's addresses (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    end_session_endpoint: Url | None = None


class Answer(_Lenient):
    """The answer to a code. Its access token is not used."""

    id_token: Annotated[str, StringConstraints(max_length=16_384)]
