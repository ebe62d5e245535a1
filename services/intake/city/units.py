"""The units of the city as dispatch says them: by code or name, whoever types one. Pure."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple

from shared.service.errors import Invalid

NEAREST, LEAST_ALIKE = 3, 0.5
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def _is_code(word: str) -> bool:
    return _CODE.fullmatch(word) is not None


class Units(NamedTuple):
    """The units that are known here, name by code. `is_whole`: dispatch has no others."""

    names: Mapping[str, str]
    is_whole: bool

    def named(self, written: str, field: str) -> str:
        """The code of the unit that somebody wrote by its code or its name.

        While not all units are known here, a code is taken as it is. Raises `Invalid`, about `field`, for
        what is no unit or more than one.
        """
        word = written.strip()
        if word in self.names:
            return word
        codes = [code for code, name in self.names.items() if name == word]
        if len(codes) == 1:
            return codes[0]
        if not codes and not self.is_whole and _is_code(word):
            return word
        raise self._refusal(word, codes, field)

    def _refusal(self, word: str, codes: list[str], field: str) -> Invalid:
        nearest = codes or self._nearest(word)
        zh = "、".join(f"{self.names[code]}（{code}）" for code in nearest)
        en = ", ".join(nearest)
        if codes:
            return Invalid(
                f"有多个承办单位名为“{word}”：{zh}，请填写代码",
                f"'{word}' may be {en}: write its code",
                field,
            )
        return Invalid(
            f"没有承办单位“{word}”" + (f"；相近的有：{zh}" if zh else "，请填写通讯录中的全称或代码"),
            f"no unit '{word}' here"
            + (f"; the nearest are {en}" if en else ": write its full name or its code"),
            field,
        )

    def _nearest(self, word: str) -> list[str]:
        words = {key: code for code, name in self.names.items() for key in (code, name)}
        alike = get_close_matches(word, words, NEAREST, LEAST_ALIKE)
        return list(dict.fromkeys(words[key] for key in alike))


NOBODY_KNOWN = Units({}, is_whole=False)
