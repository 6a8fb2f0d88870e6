"""`orderwright credit show|set`."""

from __future__ import annotations

import argparse
from typing import Final

from orderwright.app.bootstrap import Orderwright
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.credit.view import CreditStanding
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.domain.orders.credit import Tier
from orderwright.money import Money

OPERATOR: Final = Identity(id="cli", login="cli", name="cli", roles=frozenset({Role.SUPERADMIN}))
"""Who looks and sets from the command line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    showing = verbs.add_parser("show", help="show what a customer may owe and owes")
    setting = verbs.add_parser("set", help="set a customer's tier and custom limit")
    for verb in (showing, setting):
        verb.add_argument("customer", metavar="CUSTOMER", help="the customer's id")
    setting.add_argument("--currency", required=True, help="ISO 4217 code, such as NGN")
    setting.add_argument("--tier", required=True, choices=[tier.value for tier in Tier])
    setting.add_argument("--limit", help="a limit in major units; without it there is none")
    setting.add_argument("--reason", help="kept in the log")
    for verb in (showing, setting):
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""

    async def work(settings: Settings) -> list[CreditStanding]:
        async with running.application(settings) as app:
            if arguments.verb == "set":
                await _set(app, arguments)
            return await app.credit_view.standings(OPERATOR, arguments.customer)

    found = running.run(work, quiet=True)
    output.answer("\n".join(map(_line, found)), {"credit": [_told(one) for one in found]})
    return 0


async def _set(app: Orderwright, arguments: argparse.Namespace) -> None:
    new = NewProfile(
        account=Account(arguments.customer, arguments.currency),
        tier=Tier(arguments.tier),
        custom_limit=arguments.limit,
    )
    await app.credit.set_profile(new, Asked(by=OPERATOR, reason=arguments.reason))


def _told(one: CreditStanding) -> dict[str, object]:
    profile, custom = one.profile, one.profile.custom_limit_minor
    return {
        "currency": one.account.currency,
        "tier": profile.tier.value,
        "limit": _amount(one, one.limit_minor),
        "customLimit": None if custom is None else _amount(one, custom),
        "earnedLimit": _amount(one, profile.earned_minor),
        "completedSales": _amount(one, profile.cumulative_minor),
        "exposure": _amount(one, one.exposure_minor),
        "available": _amount(one, one.available_minor),
        "utilisation": one.utilisation_percent,
    }


def _line(one: CreditStanding) -> str:
    told = _told(one)
    used = "no limit" if told["utilisation"] is None else f"{told['utilisation']} % used"
    return (
        f"{told['currency']}  {told['tier']}  limit {told['limit']}  exposure {told['exposure']}"
        f"  available {told['available']}  {used}"
    )


def _amount(one: CreditStanding, minor: int) -> str:
    return Money(minor, one.account.currency).amount
