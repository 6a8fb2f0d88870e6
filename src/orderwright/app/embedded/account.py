"""As whom the server runs. PostgreSQL refuses root, so root hands it to another account.

Everybody else runs the server as themselves. For root it is the owner of the data directory where there is
one, else the system account `orderwright`, which is made when it is missing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import structlog

from orderwright.app.embedded.fault import NoAccount, WrongOwner
from orderwright.app.embedded.layout import NAME

_log = structlog.get_logger(__name__)
_SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
_MAKERS = (
    (
        "useradd",
        "--system",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/bin/false",
    ),
    ("adduser", "-S", "-D", "-H", "-s", "/bin/false"),  # busybox
)


class Identity(TypedDict, total=False):
    """The arguments with which `subprocess` becomes an account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A system account."""

    name: str
    uid: int
    gid: int

    def identity(self) -> Identity:
        """Return what `subprocess` needs to become this account: nothing, unless we are root."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a path that we made to this account."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


def server_account(data: Path | None) -> Account:
    """Return the account for the server on a data directory; None for one that is yet to be made.

    Raises:
        WrongOwner: the data directory belongs to root, or to somebody else while we are not root.
        NoAccount: we are root and the system account is missing and cannot be made, or we have no name.
    """
    owner = data.stat().st_uid if data is not None else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise WrongOwner(
                f"{data} belongs to user {owner}; run as that user", values={"path": str(data)}
            )
        return _account(os.geteuid())
    if owner == 0:
        raise WrongOwner(
            f"{data} belongs to root, as whom PostgreSQL does not run; give it to its account "
            f"with: chown -R {NAME}: {data}",
            values={"path": str(data)},
        )
    return _account(owner) if owner is not None else _dedicated()


def let_in(path: Path, account: Account) -> None:
    """As root, let the account walk to a path: add the bare search bit where a directory above lacks it.

    Nothing becomes listable or readable by this. What was changed is logged, since it may lie outside what
    is ours.
    """
    if os.geteuid() != 0:
        return
    closed = [above for above in path.resolve().parents if not _may_search(above.stat(), account)]
    for above in closed:
        above.chmod(stat.S_IMODE(above.stat().st_mode) | stat.S_IXOTH)
    if closed:
        opened = [str(above) for above in closed]
        _log.warning("directories opened for the database server to walk through", paths=opened)


def _may_search(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise NoAccount(
            f"user {uid} has no name on this machine, which PostgreSQL needs; add it to /etc/passwd",
            values={"uid": uid},
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _dedicated() -> Account:
    found = _find()
    return found if found is not None else _make()


def _find() -> Account | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _make() -> Account:
    said = "neither useradd nor adduser is here"
    for tool, *options in _MAKERS:
        program = shutil.which(tool, path=_SYSTEM_PATH)
        if program is None:
            continue
        done = subprocess.run(  # noqa: S603 (fixed words)
            [program, *options, NAME], capture_output=True, text=True, check=False
        )
        found = _find()  # also when somebody else made it at the same moment
        if found is not None:
            return found
        said = done.stderr.strip()
    raise NoAccount(
        f"PostgreSQL does not run as root, and the account {NAME} cannot be made: {said}"
    )
