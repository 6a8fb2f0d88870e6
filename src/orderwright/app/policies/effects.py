"""What each action does to each type of entity: the table of eight by five."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from orderwright.app.policies.action_record import Done
from orderwright.app.policies.approving import (
    activate,
    approve_order,
    approve_pay_out,
    approve_session,
    verify,
)
from orderwright.app.policies.consenting import require_approval
from orderwright.app.policies.documents.requesting import request_documents, require_documents
from orderwright.app.policies.entity import Work
from orderwright.app.policies.freezing import freeze, freeze_with_order, restrict, restrict_user
from orderwright.app.policies.notifying import notify
from orderwright.app.policies.rejecting import block, reject, reject_session
from orderwright.app.policies.reviewing import escalate, flag
from orderwright.domain.entity import ENTITIES

Effect: TypeAlias = Callable[[Work], Awaitable[Done]]
"""Does an action on the connection at hand; what it raises is tried again."""


def _alike(effect: Effect) -> Mapping[str, Effect]:
    return dict.fromkeys(ENTITIES, effect)


EFFECTS: Final[Mapping[str, Mapping[str, Effect]]] = {
    "FREEZE_ORDER": {
        "Order": freeze,
        "PayIn": freeze_with_order,
        "PayOut": freeze,
        "KYC": restrict_user,
        "User": restrict,
    },
    "REJECT_TRANSACTION": {
        "Order": reject,
        "PayIn": reject,
        "PayOut": reject,
        "KYC": reject_session,
        "User": block,
    },
    "REQUEST_DOCUMENT": {**_alike(request_documents), "KYC": require_documents},
    "REQUIRE_APPROVAL": _alike(require_approval),
    "SEND_NOTIFICATION": _alike(notify),
    "FLAG_FOR_REVIEW": _alike(flag),
    "AUTO_APPROVE": {
        "Order": approve_order,
        "PayIn": verify,
        "PayOut": approve_pay_out,
        "KYC": approve_session,
        "User": activate,
    },
    "ESCALATE_TO_COMPLIANCE": _alike(escalate),
}
"""By action and entity type."""

OUTWARD: Final = frozenset({"FREEZE_ORDER", "REJECT_TRANSACTION", "AUTO_APPROVE"})
"""What moves an entity itself, and is its host's to do where the entity lives there."""
ASKING: Final = frozenset({"REQUEST_DOCUMENT", "REQUIRE_APPROVAL", "ESCALATE_TO_COMPLIANCE"})
"""What asks people, on whose answer the entity waits."""
