"""Who may connect, written anew at every start, and not left to what the data directory says."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from orderwright.app.embedded.account import let_in
from orderwright.app.embedded.fault import NoSocket
from orderwright.app.embedded.layout import NAME, PORT, socket_directory

if TYPE_CHECKING:
    from pathlib import Path

    from orderwright.app.embedded.account import Account
    from orderwright.app.embedded.layout import Layout


def prepare(layout: Layout, account: Account) -> dict[str, str]:
    """Make the closed directory of the socket and the rules, and return the server's options for them.

    As options on the command line they win over every configuration file in the data directory.

    Raises:
        NoSocket: somebody else's directory is in the way.
    """
    _close_off(layout.run, account)
    directory = socket_directory(layout)
    _close_off(directory, account)
    _clear_socket(directory)
    return {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(directory),
        "unix_socket_permissions": "0600",
        "hba_file": _write(
            layout.run / "pg_hba.conf", f"local all all peer map={NAME}\n", account
        ),
        "ident_file": _write(layout.run / "pg_ident.conf", _names(account), account),
    }


def _clear_socket(directory: Path) -> None:
    # of a killed server: its pid may belong to somebody else by now, whom PostgreSQL would take for the owner
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (directory / name).unlink(missing_ok=True)


def _names(account: Account) -> str:
    return "".join(f'{NAME} "{name}" {NAME}\n' for name in dict.fromkeys((account.name, "root")))


def _write(path: Path, text: str, account: Account) -> str:
    path.write_text(text)
    path.chmod(0o600)
    account.own(path)
    return str(path)


def _close_off(directory: Path, account: Account) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
        raise NoSocket(
            f"{directory} is in the way and not ours; remove it", values={"path": str(directory)}
        )
    account.own(directory)
    directory.chmod(0o700)
    let_in(directory, account)
