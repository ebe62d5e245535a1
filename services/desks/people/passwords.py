"""Passwords of people: which are taken, and how they are kept (argon2id, hashed beside the event loop)."""

import asyncio
import re
import secrets
from collections.abc import Iterable, Iterator

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from shared.service.errors import Invalid

SHORTEST, LONGEST = 10, 200
LEAST_GUESSES = 10**9
"""So many, as zxcvbn estimates them, must be needed by whoever knows common passwords and own words."""
LOOKED_AT = 72
"""Characters that zxcvbn takes."""
AT_ONCE = 2
"""So many passwords are hashed at once: each takes 64 MiB and a processor for a tenth of a second."""
CITY_WORDS = ("huying", "呼应", "yingshang", "营商", "12345", "zhengfu", "政府", "suqiu", "诉求")
COMMON_HERE = ("woaini", "5201314", "1314520", "wodemima", "zhongguo", "nihao", "我爱你", "密码")
"""What zxcvbn, whose lists are English, does not rank high enough."""

_HASH = PasswordHash((Argon2Hasher(),))
_NOBODYS = _HASH.hash(secrets.token_urlsafe())
"""What is compared where there is no account, so that it takes as long."""
_places = asyncio.Semaphore(AT_ONCE)


async def hashed(password: str) -> str:
    """The form in which a password is kept."""
    async with _places:
        return await asyncio.to_thread(_HASH.hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Whether a password is the kept one. It takes as long where there is none."""
    async with _places:
        is_right = await asyncio.to_thread(_HASH.verify, password, kept or _NOBODYS)
    return is_right and kept is not None


def first_password() -> str:
    """A password that is shown once and changed at signing in: 22 letters and digits, 128 bits."""
    return secrets.token_urlsafe(16)


def check(password: str, own_words: Iterable[str]) -> None:
    """Refuse (`Invalid`) a password that is short, common, or made of the person's or the city's words."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            f"密码应有 {SHORTEST} 至 {LONGEST} 个字符",
            f"a password has {SHORTEST} to {LONGEST} characters",
            "new",
        )
    words = [*CITY_WORDS, *COMMON_HERE, *_parts(own_words)]
    rest = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word.casefold(), "")
    guesses = zxcvbn(password[:LOOKED_AT], user_inputs=words)["guesses"]
    if len(rest) < SHORTEST - 2 or guesses < LEAST_GUESSES:
        raise Invalid(
            "密码太容易被猜到：不要用常见密码、姓名、账号、单位名称、日期或键盘顺序，可用几个不相干的词组成",
            "this password is easily guessed: no common one, no names, dates or rows of keys;"
            " take some unrelated words",
            "new",
        )


def _parts(texts: Iterable[str]) -> Iterator[str]:
    """Texts and the words of which they are made: `li`, `gong` of `li.gong2`."""
    for text in texts:
        yield from (word for word in (text, *re.split(r"[\W\d_]+", text)) if len(word) > 1)
