"""What this machine has: room on the disk, files of keys, the end of certificates, rules of retention."""

import shutil
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from huying.doctor.finding import Finding, note, well, wrong
from huying.local.accounts import ACCOUNTS, KEYS
from huying.local.cluster import SEAL_KEY, TOKEN_KEYS, TOKEN_SIGNER
from huying.local.data_keys import ring_file
from huying.local.search_key import SEARCH_KEY
from services import SERVICES

GIB = 1024**3
LEAST_FREE, LOW_FREE = 0.05, 0.15
"""Shares of the disk."""
LEAST_ROOM = 2 * GIB
ENDS_SOON, ENDS_LATER = timedelta(days=14), timedelta(days=30)


def disk(folder: Path) -> Finding:
    """How much room there is for data."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    usage = shutil.disk_usage(there)
    share, free = usage.free / usage.total, f"{usage.free / GIB:,.1f} GiB"
    zh, en = f"可用 {free}（{share:.0%}）", f"{free} free ({share:.0%})"
    do = ("清理或扩容，见 docs/runbooks/DiskFilling.md", "make room: docs/runbooks/DiskFilling.md")
    if share < LEAST_FREE or usage.free < LEAST_ROOM:
        return wrong("disk", zh, en, *do)
    return note("disk", zh, en, *do) if share < LOW_FREE else well("disk", zh, en)


def files(state: Path) -> Iterator[Finding]:
    """The secrets of a state folder: which lack, and which others may read."""
    secret = [state / name for name in ("passwords.json", KEYS, SEAL_KEY, TOKEN_SIGNER, SEARCH_KEY)]
    secret += [ring_file(state, service) for service in SERVICES]
    needed = [*secret, state / ACCOUNTS, state / TOKEN_KEYS]
    lacking = [file.name for file in needed if not file.exists()]
    if lacking:
        names = ", ".join(lacking)
        do = (f"从备份恢复到 {state}", f"put them back into {state}: a new one opens nothing that is old")
        yield wrong("keys", f"缺少 {names}", f"lacking: {names}", *do)
    open_to_others = [file for file in secret if file.exists() and file.stat().st_mode & 0o077]
    if open_to_others:
        names = " ".join(map(str, open_to_others))
        yield wrong("keys", "密钥文件他人可读", "others may read keys", *[f"chmod 600 {names}"] * 2)
    if not lacking and not open_to_others:
        yield well("keys", "密钥齐全，仅本账号可读", "all are there, and readable by their owner alone")


def certificate(file: Path, now: datetime) -> Finding:
    """When the certificate in a file ends."""
    try:
        return _ends(str(file), x509.load_pem_x509_certificates(file.read_bytes()), now)
    except (OSError, ValueError) as error:
        do = ("给出 PEM 证书文件", "name a file of certificates in PEM")
        return wrong("certificate", f"{file} 无法读取", f"{file} cannot be read: {error}", *do)


def certificate_of(host: str, port: int, now: datetime) -> Finding:
    """When the certificate ends that a proxy shows."""
    try:
        shown = ssl.get_server_certificate((host, port), timeout=10)
    except OSError as error:
        do = ("检查代理", "look at the proxy: docs/runbooks/ProxyDown.md")
        return wrong("certificate", f"{host}:{port} 无 TLS 应答", f"no TLS at {host}:{port}: {error}", *do)
    return _ends(f"{host}:{port}", [x509.load_pem_x509_certificate(shown.encode())], now)


def _ends(name: str, chain: list[x509.Certificate], now: datetime) -> Finding:
    ends_at = min(part.not_valid_after_utc for part in chain)
    days = (ends_at - now).days
    zh, en = (
        f"{name} {ends_at:%Y-%m-%d} 到期（{days} 天）",
        f"{name} ends on {ends_at:%Y-%m-%d}, in {days} days",
    )
    do = ("更换证书，见 docs/runbooks/CertificateExpires.md", "docs/runbooks/CertificateExpires.md")
    if ends_at - now < ENDS_SOON:
        return wrong("certificate", zh, en, *do)
    return note("certificate", zh, en, *do) if ends_at - now < ENDS_LATER else well("certificate", zh, en)


def retention(file: Path | None) -> Finding:
    """Whether the city says how long data are kept."""
    if file is None:
        do = (
            "设置 HUYING_RETENTION，见 deploy/retention.yaml",
            "set HUYING_RETENTION; deploy/retention.yaml is a sample",
        )
        return note("retention", "未设保存期限，全部永久保存", "no rules: everything is kept for ever", *do)
    if not file.exists():
        do = ("检查 HUYING_RETENTION", "check HUYING_RETENTION")
        return wrong("retention", f"{file} 不存在", f"{file} is not there", *do)
    return well("retention", f"按 {file}", f"by {file}; huying retention {file} says what is due")
