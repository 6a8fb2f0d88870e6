"""`orderwright token list|make|revoke`, each as somebody who has a login."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from orderwright.app.api_tokens import SCOPES, ApiToken, NewToken
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.errors import InputInvalid

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.orders import Asked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show tokens, the newest first")
    making = verbs.add_parser("make", help="make a token for a host; it is shown this once")
    making.add_argument("name", metavar="NAME", help="of the host")
    making.add_argument(
        "--scope",
        dest="scopes",
        choices=SCOPES,
        action="append",
        required=True,
        help="what it is for",
    )
    making.add_argument("--days", type=int, help="for how long it holds; for good without it")
    revoking = verbs.add_parser("revoke", help="end a token at once")
    revoking.add_argument("id", metavar="ID", help="which one")
    for verb in (listing, making, revoking):
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    {"list": _list, "make": _make, "revoke": _revoke}[arguments.verb](arguments, output)
    return 0


def _list(arguments: argparse.Namespace, output: Output) -> None:
    async def work(app: Orderwright, asked: Asked) -> list[ApiToken]:
        return await app.api_tokens.tokens(asked.by)

    found = running.acting(arguments.login, work)
    shown = "\n".join(map(_line, found)) or "no tokens"
    output.answer(shown, {"tokens": [_told(one) for one in found]})


def _make(arguments: argparse.Namespace, output: Output) -> None:
    async def work(app: Orderwright, asked: Asked) -> NewToken:
        ends = None if arguments.days is None else _ends(app.clock.now(), arguments.days)
        name, scopes = arguments.name, arguments.scopes
        return await app.api_tokens.make(name, scopes, asked, expires_at=ends)

    made = running.acting(arguments.login, work)
    shown = f"{_line(made.token)}\ntoken, shown this once: {made.secret}"
    output.answer(shown, {"token": _told(made.token), "secret": made.secret})


def _revoke(arguments: argparse.Namespace, output: Output) -> None:
    async def work(app: Orderwright, asked: Asked) -> ApiToken:
        return await app.api_tokens.revoke(arguments.id, asked)

    revoked = running.acting(arguments.login, work)
    output.answer(_line(revoked), {"token": _told(revoked)})


def _ends(now: datetime, days: int) -> datetime:
    try:
        return now + timedelta(days=days)
    except OverflowError:
        raise InputInvalid("--days", days, "a number of days that the calendar has") from None


def _line(one: ApiToken) -> str:
    state = "holds for good"
    if one.revoked_at is not None:
        state = f"revoked {one.revoked_at.isoformat(timespec='seconds')}"
    elif one.expires_at is not None:
        state = f"holds until {one.expires_at.isoformat(timespec='seconds')}"
    used = one.last_used_at.isoformat(timespec="minutes") if one.last_used_at else "never"
    return f"{one.id}  {one.name}  {' '.join(one.scopes)}  {state}  last used {used}"


def _told(one: ApiToken) -> dict[str, object]:
    moments = ("created_at", "expires_at", "last_used_at", "revoked_at")
    read = {name: getattr(one, name) for name in moments}
    return {
        "id": one.id,
        "name": one.name,
        "scopes": list(one.scopes),
        **{name: at.isoformat() if at else None for name, at in read.items()},
    }
