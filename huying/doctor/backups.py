"""Whether there is a backup, and whether it is new."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from huying.doctor.finding import Finding, note, well, wrong

BASE_EVERY = timedelta(days=8)
WAL_EVERY = timedelta(minutes=10)


def examine(folder: Path | None, now: datetime) -> list[Finding]:
    """Examine the folder of `huying backup`."""
    if folder is None:
        do = (
            "huying backup，见 docs/backup.md；并设置 HUYING_BACKUP",
            "docs/backup.md; then set HUYING_BACKUP",
        )
        return [note("backup", "未指明备份目录", "no folder of backups is named", *do)]
    return [_base(folder, now), _wal(folder, now)]


def _base(folder: Path, now: datetime) -> Finding:
    made = sorted(path.name for path in (folder / "base").glob("*") if (path / "backup_manifest").exists())
    do = (f"huying backup base {folder}",) * 2
    if not made:
        return wrong("backup", f"{folder} 中没有基础备份", f"no base backup is in {folder}", *do)
    age = now - datetime.strptime(made[-1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    zh, en = f"最近的基础备份 {made[-1]}", f"the newest base backup is {made[-1]}, {age.days} days old"
    return note("backup", zh, en, *do) if age > BASE_EVERY else well("backup", zh, en)


def _wal(folder: Path, now: datetime) -> Finding:
    written = [path.stat().st_mtime for path in (folder / "wal").glob("*") if path.is_file()]
    do = (f"huying backup wal {folder}",) * 2
    if not written:
        return wrong("backup", "没有 WAL", "there is no WAL: nothing after the base backup is saved", *do)
    age = now - datetime.fromtimestamp(max(written), UTC)
    zh, en = (
        f"WAL 最近写入于 {age.total_seconds():.0f} 秒前",
        f"WAL was written {age.total_seconds():.0f} s ago",
    )
    return wrong("backup", zh, en, *do) if age > WAL_EVERY else well("backup", zh, en)
