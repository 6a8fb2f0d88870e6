"""`orderwright db start|stop|status`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from orderwright.app import embedded
from orderwright.app.log import configure_log
from orderwright.app.settings import Settings, load_settings
from orderwright.cli.output import Output, add_json
from orderwright.errors import RefusedError


class DatabaseExternal(RefusedError):
    """The settings name a database of the user's own, which is not ours to start or stop."""

    code = "database.external"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the three verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    start = verbs.add_parser("start", help="start it and keep it running until `db stop`")
    stop = verbs.add_parser("stop", help="stop it, unless a process uses it")
    stop.add_argument("--force", action="store_true", help="stop it even while a process uses it")
    status = verbs.add_parser("status", help="say whether it runs, where, and who keeps it")
    for verb in (start, stop, status):
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    settings = load_settings()
    configure_log(settings)
    _refuse_external(settings)
    status = _act(arguments, settings)
    output.answer(_sentence(status), asdict(status))
    return 0


def _act(arguments: argparse.Namespace, settings: Settings) -> embedded.Status:
    if arguments.verb == "start":
        return embedded.start(settings.home)
    if arguments.verb == "stop":
        return embedded.stop(settings.home, force=arguments.force)
    return embedded.status(settings.home)


def _refuse_external(settings: Settings) -> None:
    if settings.database_url is not None:
        raise DatabaseExternal(
            "ORDERWRIGHT_DATABASE_URL is set: that server is not ours to start, stop or look at"
        )


def _sentence(status: embedded.Status) -> str:
    if status.state == "absent":
        return f"no database yet in {status.data}"
    if status.state == "stopped":
        return f"stopped; the data is in {status.data}"
    users = "in use" if status.in_use else "unused"
    stays = ", kept until `orderwright db stop`" if status.kept else ""
    return f'running (pid {status.pid}, {users}{stays}); look inside with: psql "{status.url}"'
