"""`huying audit verify`: whether a file of a city's history is as the city wrote it. Needs no database."""

import base64
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from huying.archive import files
from huying.archive.checker import FileChecker, Verdict
from shared.files import bounded

LARGEST_KEY_FILE = 4096


def verified(path: Path, keys: Collection[bytes] = ()) -> Verdict:
    """Check a whole file. `Broken` with the first line that is not as it was written.

    `keys` are the public keys that may have signed; without them the key named in the header is trusted.
    """
    return checked(files.lines(path), keys)


def checked(lines: Iterable[bytes], keys: Collection[bytes] = ()) -> Verdict:
    """Check the lines of a file, as `verified` does."""
    checker = FileChecker(keys)
    for line in lines:
        checker.take(line)
    return checker.end()


def read_keys(words: Sequence[str]) -> list[bytes]:
    """Public keys, each given in base64 or as a file that holds it. ValueError for anything else."""
    keys = []
    for word in words:
        try:
            file = Path(word)
            text = bounded.content(file, LARGEST_KEY_FILE).strip() if file.exists() else word
            key = base64.b64decode(text, validate=True)
        except (OSError, ValueError):
            key = b""
        if len(key) != 32:
            raise ValueError(
                f"--key {word[:100]} is no public key: give what `huying audit key` prints, or a file of it"
                " / 公钥应为 huying audit key 所输出的内容"
            )
        keys.append(key)
    return keys


def summary(verdict: Verdict, *, with_key: bool) -> str:
    """The result of a check in two lines, or three."""
    header = verdict.header
    counts = (
        f"{verdict.events:,} events in {len(header['services'])} services, {verdict.seals:,} daily heads, "
        f"{verdict.records:,} records, exported {header['made_at']}: as written / 与原样一致"
    )
    if verdict.closed:
        counts += (
            f"\n{verdict.closed:,} of the events have words that stay with the city, and no more than links"
            " / 部分早期事件不公开，仅有链值"
        )
    if not verdict.signed:
        return f"{counts}\nNot signed: this finds damage, not a forger / 未签名：只能发现损坏，不能防伪造"
    keys = ", ".join(sorted(verdict.keys))
    if with_key:
        return f"{counts}\nSigned with {keys} / 签名有效"
    return (
        f"{counts}\nSigned with {keys}; that this is the city's key is the file's own word: give --key"
        " / 签名有效，但密钥为文件自述，请用 --key 核对"
    )
