"""`orderwright people`."""

from __future__ import annotations

import argparse
import getpass
import sys

from orderwright.app.notification.wording import LANGUAGES
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.errors import Conflict, InputInvalid

_SHORTEST = 12


class LoginTaken(Conflict):
    """Somebody has this login already."""

    code = "people.login_taken"
    retryable = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = actions.add_parser(
        "add", help="add somebody; the password is asked for, or read from stdin"
    )
    add.add_argument("login")
    add.add_argument("--name", help="how screens show the person; by default the login")
    roles = [role.value for role in Role]
    add.add_argument(
        "--role",
        action="append",
        choices=roles,
        required=True,
        metavar="ROLE",
        help=", ".join(roles),
    )
    add.add_argument(
        "--customer", help="the id of the customer whose records a CUSTOMER or RESELLER sees"
    )
    add.add_argument("--email", help="where notifications go; none by default")
    add.add_argument(
        "--language", choices=LANGUAGES, default=LANGUAGES[0], help="what they are written in"
    )
    add_json(add)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Add a person."""
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < _SHORTEST:
        raise InputInvalid("password", "...", f"at least {_SHORTEST} characters")
    roles = [Role(role) for role in arguments.role]
    name = arguments.name or arguments.login

    async def work(settings: Settings) -> None:
        async with running.application(settings) as app:
            added = await app.people.enrol(
                arguments.login,
                name,
                password,
                roles,
                customer_id=arguments.customer,
                email=arguments.email,
                language=arguments.language,
            )
        if not added:
            raise LoginTaken(f"somebody has the login {arguments.login!r} already")

    running.run(work, quiet=True)
    told = {"login": arguments.login, "name": name, "roles": [str(role) for role in roles]}
    output.answer(f"{name} may sign in as {arguments.login}", told)
    return 0
