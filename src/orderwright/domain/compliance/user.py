"""The behaviour of the user chart.

A user waits after the registration until the policies have decided and somebody, or a policy, activates them. A
restriction stops what is new and is lifted to where the user stood; whom it shuts out for good is blocked. Wallets
belong to their user, each address once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.freeze import freezes_longer, not_frozen, note_freeze, until_release
from orderwright.domain.hold import (
    is_decided,
    is_not_held,
    is_undecided,
    lift_hold,
    place_hold,
    record_decision,
)
from orderwright.domain.reading import Json, mapping, text
from orderwright.statechart import Behaviour, Emit, Outcome, Scope, Verdict


def wallet_is_new(scope: Scope) -> Verdict:
    """The user has neither a wallet of this id nor one of this address and currency."""
    wallets, given = mapping(scope.context, "wallets"), scope.data
    held = [mapping(wallets, key) for key in wallets]
    place = (given["address"], given["cryptoType"])
    known = text(given, "walletId") in wallets or place in [
        (wallet["address"], wallet["cryptoType"]) for wallet in held
    ]
    message = "the user has this wallet already"
    return Verdict(not known, "user.wallet_known", message, {"walletId": given["walletId"]})


def add_wallet(scope: Scope) -> Outcome:
    """Keep a wallet, and tell it."""
    context, given = scope.context, scope.data
    country = given.get("country") or context["country"]
    kept: Mapping[str, Json] = {
        "address": given["address"],
        "cryptoType": given["cryptoType"],
        "country": country,
    }
    wallet = {**kept, "addedAt": scope.now.isoformat()}
    told = {"userId": context["userId"], "walletId": given["walletId"], **kept}
    wallets = {**mapping(context, "wallets"), text(given, "walletId"): wallet}
    return Outcome({"wallets": wallets}, effects=[Emit("wallet.added", told)])


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_decided,
            is_undecided,
            is_not_held,
            wallet_is_new,
            not_frozen("the user is restricted", "user.restricted"),
            freezes_longer,
        )
    },
    actions={
        action.__name__: action
        for action in (record_decision, place_hold, lift_hold, add_wallet, note_freeze)
    },
    delays={"until_release": until_release},
)
