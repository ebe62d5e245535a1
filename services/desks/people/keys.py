"""The keys by which desks signs tokens and cookies, read again when their files change."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import OKPKey

from shared.files.watched import WatchedFile
from shared.service.errors import Conflict
from shared.web.tokens import read_public_keys, read_signing_key


@dataclass(frozen=True, slots=True)
class PeopleKeys:
    """The key that signs, and the public keys that check. Nobody signs in where the settings name none."""

    signing: WatchedFile[OKPKey] | None
    public: WatchedFile[Mapping[str, OKPKey]] | None

    @classmethod
    def load(cls, signer: Path | None, public: Path | None) -> "PeopleKeys":
        """Read both files. ValueError where one cannot be used."""
        if signer is None or public is None:
            return cls(None, None)
        return cls(WatchedFile(signer, read_signing_key), WatchedFile(public, read_public_keys))

    def signer(self) -> OKPKey:
        """The key that signs. Raises `Conflict` where there is none."""
        if self.signing is None:
            raise _not_set_up()
        return self.signing.content()

    def checking(self) -> Mapping[str, OKPKey]:
        """The public keys by their ids. Raises `Conflict` where there are none."""
        if self.public is None:
            raise _not_set_up()
        return self.public.content()


def _not_set_up() -> Conflict:
    return Conflict(
        "本系统尚未开通个人账号登录：请在设置中指定 HUYING_TOKEN_SIGNER 和 HUYING_TOKEN_KEYS",
        "nobody can sign in here yet: the settings must name HUYING_TOKEN_SIGNER and HUYING_TOKEN_KEYS",
    )
