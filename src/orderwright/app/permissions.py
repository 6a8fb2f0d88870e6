"""Who may do what: one table, asked by every door before anything is done.

Duties are separated. ACCOUNTANT < MANAGER < ADMIN < SUPERADMIN: a row that names one of these admits those above it
as well. CUSTOMER and RESELLER see and touch their own records only; `Identity.sees` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orderwright.errors import AccessDenied


class Role(StrEnum):
    """What a person is in the house."""

    SUPERADMIN = "SUPERADMIN"
    ADMIN = "ADMIN"
    MANAGER = "MANAGER"
    ACCOUNTANT = "ACCOUNTANT"
    BILLER = "BILLER"
    WAREHOUSE = "WAREHOUSE"
    COMPLIANCE = "COMPLIANCE"
    TREASURY = "TREASURY"
    SUPPORT = "SUPPORT"
    READ_ONLY = "READ_ONLY"
    RESELLER = "RESELLER"
    CUSTOMER = "CUSTOMER"


_LADDER: Final = (Role.ACCOUNTANT, Role.MANAGER, Role.ADMIN, Role.SUPERADMIN)
_OUTSIDERS: Final = frozenset({Role.RESELLER, Role.CUSTOMER})
_STAFF: Final = frozenset(Role) - _OUTSIDERS
_OFFICE: Final = frozenset({Role.BILLER, Role.SUPPORT, Role.MANAGER})
_BUYERS: Final = frozenset({Role.RESELLER, Role.CUSTOMER})
_DECIDERS: Final = frozenset({Role.MANAGER})  # of these, the approval itself says who may decide
_COMPLIANCE: Final = frozenset({Role.COMPLIANCE, Role.MANAGER})
_POLICY_MAKERS: Final = frozenset({Role.COMPLIANCE})
_PACKERS: Final = frozenset({Role.WAREHOUSE, Role.MANAGER})
_MANAGED: Final = frozenset({Role.BILLER, Role.SUPPORT, Role.WAREHOUSE, Role.COMPLIANCE})
_WORKERS: Final = _STAFF - {Role.READ_ONLY}
_READERS_OF_CREDIT: Final = frozenset(Role) - {Role.WAREHOUSE}

_GRANTS: Final[Mapping[str, frozenset[Role]]] = {
    "order.create": _OFFICE,  # whoever places an order names its prices
    "quotation.create": _OFFICE,
    "case.read": _STAFF,  # of their own queues, see `queues`
    "case.work": _WORKERS,
    "case.assign": frozenset({Role.MANAGER}),
    "deadletter.read": frozenset({Role.SUPPORT, Role.MANAGER}),  # payloads name customers
    "deadletter.retry": frozenset({Role.MANAGER}),
    "document.read": frozenset(
        {Role.COMPLIANCE, Role.SUPPORT}
    ),  # requests, of SUPPORT those that are open
    "document.open": frozenset({Role.COMPLIANCE}),  # papers of people
    "document.link": frozenset({Role.COMPLIANCE, Role.SUPPORT}),
    "incident.read": frozenset({Role.SUPPORT, Role.MANAGER}),
    "incident.resolve": frozenset({Role.MANAGER}),
    "incident.retry": frozenset({Role.MANAGER}),
    "approval.read": _WORKERS | {Role.READ_ONLY},  # of those that they decide on
    "approval.vote": _WORKERS,  # the approval itself says who may decide
    "approval.revoke": _WORKERS,
    "override.read": _OFFICE | {Role.ACCOUNTANT, Role.COMPLIANCE, Role.READ_ONLY},
    "override.request": _OFFICE,
    "override.revoke": _DECIDERS,
    "override.vote": _DECIDERS,
    "notification.read": frozenset(Role),  # everybody their own
    "notification.set": frozenset(Role),
    "outbox.read": frozenset({Role.SUPPORT, Role.MANAGER}),
    "setting.read": frozenset({Role.MANAGER}),
    "setting.change": frozenset({Role.ADMIN}),
    "webhook.manage": frozenset({Role.ADMIN}),  # a subscriber sees the events of all customers
    "policy.read": _STAFF,  # executions with it, whose sensitive facts are masked
    "policy.write": _POLICY_MAKERS,
    "policy.publish": _POLICY_MAKERS,  # two of them
    "policy.pause": _POLICY_MAKERS,
    "policy.snooze": _POLICY_MAKERS,
    "list.read": _STAFF,
    "list.write": _POLICY_MAKERS,
    "token.manage": frozenset({Role.ADMIN}),  # whoever holds one acts as a host
    "credit.read": _READERS_OF_CREDIT,  # outsiders their own
    "credit.set": frozenset({Role.MANAGER}),
    "credit.SET_PROFILE": frozenset({Role.MANAGER}),
    "payment.register": _OFFICE | _BUYERS | {Role.ACCOUNTANT},
    "payment.read": _STAFF | _BUYERS,
    "receipt.upload": _OFFICE | _BUYERS | {Role.ACCOUNTANT},
    "receipt.read": _OFFICE | _BUYERS | {Role.ACCOUNTANT, Role.TREASURY},
    "payin.read": _STAFF - {Role.WAREHOUSE},
    "payin.expect": frozenset({Role.ACCOUNTANT}),
    "payout.read": _STAFF - {Role.WAREHOUSE},
    "payout.request": frozenset({Role.ACCOUNTANT}),
    "payout.vote": frozenset({Role.TREASURY}),
    "kyc.read": (_STAFF - {Role.WAREHOUSE}) | _BUYERS,  # outsiders their own
    "kyc.open": frozenset({Role.COMPLIANCE, Role.SUPPORT}) | _BUYERS,
    "user.read": (_STAFF - {Role.WAREHOUSE}) | _BUYERS,  # outsiders themselves
    "user.register": frozenset({Role.SUPPORT, Role.COMPLIANCE}),
    "stock.read": _STAFF,
    "stock.receive": _PACKERS,
    "stock.adjust": frozenset({Role.MANAGER}),  # who counts does not write off
    "location.manage": frozenset({Role.MANAGER}),
    # quotation
    "quotation.SHARE": _OFFICE,
    "quotation.EDIT": _OFFICE,
    "quotation.BUYER_APPROVES": _BUYERS | {Role.ADMIN},
    "quotation.SELLER_APPROVES": _OFFICE,
    "quotation.DECLINE": _OFFICE | _BUYERS,
    "quotation.WITHDRAW": _OFFICE,
    "quotation.EXTEND_VALIDITY": _OFFICE,
    # sale
    "sale.SET_PAYMENT_METHOD": _OFFICE | _BUYERS | {Role.ACCOUNTANT},
    "sale.INITIATE_PAYMENT": _OFFICE | _BUYERS | {Role.ACCOUNTANT},
    "sale.PAYMENT_AUTHORIZED": frozenset({Role.ACCOUNTANT}),
    "sale.PAYMENT_CAPTURED": frozenset({Role.ACCOUNTANT}),
    "sale.PAYMENT_FAILED": frozenset({Role.ACCOUNTANT}),
    "sale.ADMIN_OVERRIDE_REQUESTED": _OFFICE,
    "sale.CREDIT_OVERRIDE_REQUIRED": _OFFICE,
    "sale.FREEZE": _COMPLIANCE,
    "sale.RELEASE": _COMPLIANCE,
    "sale.REJECT": _COMPLIANCE,
    "sale.CANCEL_REQUESTED": _OFFICE | _BUYERS,
    "sale.REOPEN": frozenset({Role.MANAGER}),
    "sale.WRITE_OFF": frozenset({Role.MANAGER}),
    # payment
    "payment.CONFIRM": frozenset({Role.ACCOUNTANT}),
    "payment.FAIL": frozenset({Role.ACCOUNTANT}),
    "payment.REFUND": frozenset({Role.ACCOUNTANT}),
    "payment.CHARGE_BACK": frozenset({Role.ACCOUNTANT}),
    # fulfilment
    "fulfilment.FULFILMENT_STARTED": _PACKERS,
    "fulfilment.PACKAGE_SHIPPED": _PACKERS,
    "fulfilment.PACKAGE_DELIVERED": _PACKERS | {Role.SUPPORT},
    "fulfilment.DELIVERY_FAILED": _PACKERS | {Role.SUPPORT},
    "fulfilment.SERVICE_SCHEDULED": _PACKERS | {Role.SUPPORT},
    "fulfilment.SERVICE_STARTED": _PACKERS,
    "fulfilment.SERVICE_COMPLETED": _PACKERS,
    "fulfilment.RETURN_REQUESTED": _PACKERS | {Role.SUPPORT} | _BUYERS,
    "fulfilment.RETURN_RECEIVED": _PACKERS,
    "fulfilment.RETURN_REJECTED": _PACKERS,
    "fulfilment.REFUND_ISSUED": frozenset({Role.ACCOUNTANT}),
    "fulfilment.HOLD": _PACKERS,
    "fulfilment.RESUME": _PACKERS,
    "fulfilment.CANCEL": _PACKERS,
    "fulfilment.FAIL": _PACKERS,
    # stock
    "stock.RECEIVE_STOCK": _PACKERS,
    "stock.ADJUST_STOCK": frozenset({Role.MANAGER}),
    # case, each in their own queues
    "case.ASSIGN": frozenset({Role.MANAGER}),
    "case.TAKE": _WORKERS,
    "case.COMMENT": _WORKERS,
    "case.CHANGE_PRIORITY": _WORKERS,
    "case.RESOLVE": _WORKERS,
    "case.REOPEN": _WORKERS,
    # policy
    "policy.SAVE_VERSION": _POLICY_MAKERS,
    "policy.REQUEST_PUBLICATION": _POLICY_MAKERS,
    "policy.REQUEST_RESUMPTION": _POLICY_MAKERS,
    "policy.PAUSE": _POLICY_MAKERS,
    "policy.ARCHIVE": _POLICY_MAKERS,
    # pay-in, pay-out: who creates does not approve
    "payin.PAYIN_RECEIVED": frozenset({Role.ACCOUNTANT}),
    "payin.VERIFY": frozenset({Role.ACCOUNTANT}),
    "payin.RECONCILE": frozenset({Role.ACCOUNTANT}),
    "payin.FAIL": frozenset({Role.ACCOUNTANT}),
    "payin.REFUND": frozenset({Role.ACCOUNTANT}),
    "payin.FREEZE": _COMPLIANCE,
    "payin.RELEASE": _COMPLIANCE,
    "payin.REJECT": _COMPLIANCE,
    "payout.START": frozenset({Role.TREASURY}),
    "payout.SENT": frozenset({Role.TREASURY}),
    "payout.CONFIRMING": frozenset({Role.TREASURY}),
    "payout.CONFIRMED": frozenset({Role.TREASURY}),
    "payout.FAIL": frozenset({Role.TREASURY}),
    "payout.RETRY": frozenset({Role.TREASURY}),
    "payout.CANCEL": frozenset({Role.ACCOUNTANT, Role.TREASURY}),
    "payout.FREEZE": _COMPLIANCE,
    "payout.RELEASE": _COMPLIANCE,
    "payout.REJECT": _COMPLIANCE,
    # KYC session, user
    "kyc.DOCUMENTS_SUBMITTED": frozenset({Role.COMPLIANCE, Role.SUPPORT}) | _BUYERS,
    "kyc.DOCUMENTS_REQUIRED": frozenset({Role.COMPLIANCE}),
    "kyc.APPROVE": frozenset({Role.COMPLIANCE}),
    "kyc.REJECT": frozenset({Role.COMPLIANCE}),
    "kyc.RESUBMIT": frozenset({Role.COMPLIANCE, Role.SUPPORT}),
    "user.ACTIVATE": _COMPLIANCE,
    "user.ADD_WALLET": frozenset({Role.SUPPORT, Role.COMPLIANCE}) | _BUYERS,
    "user.RESTRICT": _COMPLIANCE,
    "user.LIFT": _COMPLIANCE,
    "user.BLOCK": _COMPLIANCE,
    # document request
    "document_request.ACCEPT": frozenset({Role.COMPLIANCE}),
    "document_request.REJECT": frozenset({Role.COMPLIANCE}),
    "document_request.CANCEL": frozenset({Role.COMPLIANCE}),
    # approval
    "approval.APPROVE": _WORKERS,  # of these, the approval itself says who may decide
    "approval.DENY": _WORKERS,
    "approval.REVOKE": _WORKERS,
    "approval.WITHDRAW": _OFFICE,
}


def with_seniors(role: Role) -> tuple[Role, ...]:
    """Return a role and those above it, the lowest first; off the ladder, ADMIN and SUPERADMIN are above everybody."""
    return and_above(role) if role in _LADDER else (role, *_LADDER[2:])


def _with_seniors(roles: frozenset[Role]) -> frozenset[Role]:
    lowest = next((rank for rank, role in enumerate(_LADDER) if role in roles), None)
    seniors = _LADDER[lowest:] if lowest is not None else _LADDER[2:]
    return roles | frozenset(seniors)


def and_above(role: Role) -> tuple[Role, ...]:
    """Return a role of the ladder and those above it, the lowest first."""
    return _LADDER[_LADDER.index(role) :]


PERMISSIONS: Final[Mapping[str, frozenset[Role]]] = {
    operation: _with_seniors(roles) for operation, roles in _GRANTS.items()
}
"""The roles that may do each operation; `<chart>.<EVENT>` for the events of a lifecycle."""


def workers(queue: Role) -> frozenset[Role]:
    """Return the roles that work on the cases of a role: itself, its managers, and who stands above on the ladder."""
    managers = {Role.MANAGER} if queue in _MANAGED else set()
    return _with_seniors(frozenset({queue, *managers}))


class RoleMissing(AccessDenied):
    """None of the person's roles may do this."""

    code = "access.denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody who is signed in.

    Attributes:
        id: the person's id, which the log names as actor.
        customer_id: the customer whose records an outsider sees; None for staff.
    """

    id: str
    login: str
    name: str
    roles: frozenset[Role]
    customer_id: str | None = None

    @property
    def is_staff(self) -> bool:
        """Whether any role is one of the house."""
        return bool(self.roles & _STAFF)

    def may(self, operation: str) -> bool:
        """Tell whether a role of this person may do an operation; unknown operations are nobody's."""
        return bool(self.roles & PERMISSIONS.get(operation, frozenset()))

    @property
    def permissions(self) -> list[str]:
        """Every operation that this person may do, sorted."""
        return sorted(operation for operation in PERMISSIONS if self.may(operation))

    @property
    def queues(self) -> list[Role]:
        """The roles whose cases this person works on: their own, and those of whom they manage."""
        return [queue for queue in Role if self.roles & workers(queue)]

    def sees(self, customer_id: str) -> bool:
        """Tell whether the records of a customer are this person's to see."""
        return self.is_staff or customer_id == self.customer_id


def require(identity: Identity, operation: str) -> None:
    """Let the call go on only if the person may do this.

    Raises:
        RoleMissing: names the operation and the roles that may.
    """
    if identity.may(operation):
        return
    allowed = sorted(PERMISSIONS.get(operation, frozenset()))
    raise RoleMissing(
        f"{identity.name} may not do {operation}; it takes one of the roles {', '.join(allowed)}",
        values={"operation": operation, "roles": sorted(identity.roles), "allowed": allowed},
    )
