"""The account under which root runs PostgreSQL, which refuses to run as root."""

import os
import pwd
from pathlib import Path


def account_of(data: Path) -> pwd.struct_passwd:
    """The account root runs PostgreSQL under: the owner of existing data, else `postgres`, else `nobody`.

    `postgres` is preferred because other daemons may run as `nobody` and could read its files.
    """
    if data.exists():
        return pwd.getpwuid(data.stat().st_uid)
    return min(pwd.getpwall(), key=lambda user: (user.pw_name != "postgres", user.pw_name != "nobody"))


def reaches(user: pwd.struct_passwd, folder: Path) -> bool:
    def enters(step: os.stat_result) -> bool:
        bit = 0o100 if step.st_uid == user.pw_uid else 0o010 if step.st_gid == user.pw_gid else 0o001
        return bool(step.st_mode & bit)

    return all(enters(step.stat()) for step in (folder, *folder.parents))
