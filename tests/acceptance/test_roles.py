"""Every command and every list, tried by somebody of every role: the doors say what the table says.

What is asked is never fit to be done (it is about nothing, or its data have no shape), so that trying changes nothing
and whoever may do it is told something else than that they may not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from acceptance.harness import PASSWORD, Client, Server, SignIn
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from roles import EXPECTED

OUTSIDERS: Final = {Role.CUSTOMER, Role.RESELLER}
DENIED: Final = "access.denied"
NOTHING: Final = "nothing"
_TERMS: Final = '{customerId: "bob", currency: "EUR", lines: []}'
_PAYMENT: Final = '{orderId: "nothing", amount: "1", currency: "EUR", method: "CARD"}'
_RECEIVE: Final = 'receiveStock(sku: "nothing", location: "no", quantity: 1, reference: "r")'
_ADJUST: Final = 'adjustStock(sku: "nothing", location: "no", change: 1, reason: "r")'
_PUBLISH: Final = 'publishPolicy(id: "nothing", reason: "r")'
_PAUSE: Final = 'pausePolicy(id: "nothing", reason: "r")'

COMMANDS: Final[Mapping[str, str]] = {
    "approval.vote": 'voteApproval(id: "nothing", decision: APPROVE, reason: "r")',
    "approval.revoke": 'revokeApproval(id: "nothing", reason: "r")',
    "document.link": 'createDocumentLink(id: "nothing")',
    "document_request.ACCEPT": 'acceptDocuments(id: "nothing")',
    "document_request.REJECT": 'rejectDocuments(id: "nothing", reason: "r")',
    "document_request.CANCEL": 'cancelDocumentRequest(id: "nothing", reason: "r")',
    "order.create": f"createOrder(input: {_TERMS})",
    "quotation.create": f"createQuotation(input: {_TERMS})",
    "case.work": ('openCase(input: {subjectId: "nothing", title: "", role: "BILLER"})'),
    "case.assign": 'assignCase(id: "nothing", assigneeId: "nobody")',
    "deadletter.retry": 'retryDeadLetter(id: "nothing")',
    "incident.resolve": 'resolveIncident(id: "nothing", resolution: "done")',
    "incident.retry": 'retryIncident(id: "nothing")',
    "override.request": 'requestOverride(orderId: "nothing", kind: ADMIN, reason: "r")',
    "override.vote": 'voteOverride(id: "nothing", decision: APPROVE, reason: "r")',
    "override.revoke": 'revokeOverride(id: "nothing", reason: "r")',
    "approval.WITHDRAW": 'withdrawOverride(id: "nothing", reason: "r")',
    "notification.set": 'setNotificationPreference(event: "nothing", channel: MAIL, isWanted: true)',
    "setting.change": 'changeSetting(name: "nothing", value: 1)',
    "webhook.manage": 'createWebhookSubscription(url: "nothing", patterns: [])',
    "credit.set": 'refreshCreditSnapshot(customerId: "nobody")',
    "credit.SET_PROFILE": (
        'setCreditProfile(customerId: "nobody", currency: "EUR", tier: GOLD, customLimit: "x")'
    ),
    "stock.receive": _RECEIVE,
    "stock.RECEIVE_STOCK": _RECEIVE,
    "stock.adjust": _ADJUST,
    "stock.ADJUST_STOCK": _ADJUST,
    "location.manage": 'addLocation(id: "No place", name: "")',
    "payin.expect": 'expectPayIn(input: {amount: "0", currency: "EUR", method: "CARD"})',
    "payout.request": 'requestPayOut(input: {amount: "0", currency: "EUR", reason: "r"})',
    "payout.vote": 'votePayOut(payOutId: "nothing", decision: APPROVE, reason: "r")',
    "kyc.open": 'openKycSession(userId: "nothing")',
    "user.register": 'registerUser(input: {email: "nothing"})',
    "policy.write": "createPolicy(document: 1)",
    "policy.publish": _PUBLISH,
    "policy.pause": _PAUSE,
    "policy.snooze": (
        'snoozePolicy(id: "nothing", entityType: "x", entityId: "x", until: "2026-01-01T00:00:00Z", reason: "r")'
    ),
    "policy.SAVE_VERSION": 'savePolicyVersion(id: "nothing", document: 1)',
    "policy.REQUEST_PUBLICATION": _PUBLISH,
    "policy.REQUEST_RESUMPTION": 'resumePolicy(id: "nothing", reason: "r")',
    "policy.PAUSE": _PAUSE,
    "policy.ARCHIVE": 'archivePolicy(id: "nothing", reason: "r")',
    "list.write": 'createPolicyList(name: "Nothing!")',
    "token.manage": 'makeApiToken(name: "", scopes: [])',
    "payment.register": f"registerConsumerPayment(input: {_PAYMENT})",
    "payment.CONFIRM": 'confirmPayment(paymentId: "nothing")',
    "payment.FAIL": 'failPayment(paymentId: "nothing", reason: "r")',
    "payment.REFUND": 'refundPayment(paymentId: "nothing", amount: "1", reason: "r")',
    "payment.CHARGE_BACK": 'chargeBackPayment(paymentId: "nothing", amount: "1", reason: "r")',
}
"""A mutation for each operation that is no event to a lifecycle of the trade, or that has one of its own."""

VOTING: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"approval.{decision}": (
            f'voteApproval(id: "nothing", decision: {decision}, reason: "r")',
            f'voteOverride(id: "nothing", decision: {decision}, reason: "r")',
            f'votePayOut(payOutId: "nothing", decision: {decision}, reason: "r")',
        )
        for decision in ("APPROVE", "DENY")
    },
    "approval.REVOKE": (
        'revokeApproval(id: "nothing", reason: "r")',
        'revokeOverride(id: "nothing", reason: "r")',
    ),
}
"""The doors of an event that has several: who may send it comes through one of them."""

LISTS: Final[Mapping[str, str]] = {
    "approval.read": "approvals(first: 1) { totalCount }",
    "document.read": "documentRequests(first: 1) { totalCount }",
    "case.read": "cases(first: 1) { totalCount }",
    "deadletter.read": "deadLetters(first: 1) { totalCount }",
    "incident.read": "incidents(first: 1) { totalCount }",
    "notification.read": "notifications(first: 1) { totalCount }",
    "outbox.read": "outbox(first: 1) { totalCount }",
    "override.read": "overrideRequests(first: 1) { totalCount }",
    "payment.read": "payments(first: 1) { totalCount }",
    "payin.read": "payIns(first: 1) { totalCount }",
    "payout.read": "payOuts(first: 1) { totalCount }",
    "kyc.read": "kycSessions(first: 1) { totalCount }",
    "user.read": "users(first: 1) { totalCount }",
    "setting.read": "settings { name }",
    "policy.read": "policies(first: 1) { totalCount }",
    "list.read": "policyLists { name }",
    "stock.read": "stock(first: 1) { totalCount }",
    "credit.read": 'creditSnapshot(customerId: "bob") { tier }',
}

SENDING: Final[Mapping[str, str]] = {
    "quotation": "sendQuotationEvent(quotationId: $id, event: $event, data: $data)",
    "sale": "sendSaleEvent(orderId: $id, event: $event, data: $data)",
    "fulfilment": "sendFulfilmentEvent(fulfilmentId: $id, event: $event, data: $data)",
    "case": "sendCaseEvent(caseId: $id, event: $event, data: $data)",
    "payin": "sendPayInEvent(payInId: $id, event: $event, data: $data)",
    "payout": "sendPayOutEvent(payOutId: $id, event: $event, data: $data)",
    "kyc": "sendKycEvent(kycSessionId: $id, event: $event, data: $data)",
    "user": "sendUserEvent(userId: $id, event: $event, data: $data)",
}
FILES: Final = frozenset({"receipt.upload", "receipt.read", "document.open"})
"""Doors of their own."""


async def test_every_door_admits_whom_the_table_names_and_nobody_else(
    server: Server, sign_in: SignIn, database_url: str
):
    ids = await _placed(server, sign_in, database_url)
    operations = {operation for operation, _ in EXPECTED}
    tried, wrong = set[str](), list[tuple[str, Role, str | None]]()
    for role in Role:
        person = await sign_in(server, f"the-{role.lower()}")
        for operation in sorted(operations):
            code = await _tried(person, operation, ids)
            tried.add(operation)
            if (code == DENIED) is EXPECTED[operation, role]:
                wrong.append((operation, role, code))
    assert wrong == []
    assert tried == operations


async def _placed(server: Server, sign_in: SignIn, database_url: str) -> dict[str, str]:
    """Place one of everything for Bob, and let somebody of every role in; return the ids by chart."""
    async with Orderwright.connect(database_url, settings=Settings()) as app:
        for role in Role:
            customer = "bob" if role in OUTSIDERS else None
            login = f"the-{role.lower()}"
            await app.people.enrol(login, role.title(), PASSWORD, [role], customer_id=customer)
    admin = await sign_in(server)
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "5.00"}]
    terms = {"customerId": "bob", "currency": "EUR", "lines": lines}
    made = await admin.ask(
        """mutation ($order: OrderInput!, $quotation: QuotationInput!) {
          createOrder(input: $order) { ... on OrderCreated { order { id } } }
          createQuotation(input: $quotation) { ... on QuotationCreated { quotation { id } } } }""",
        order=terms,
        quotation=terms,
    )
    order_id = made["createOrder"]["order"]["id"]
    opened = await admin.ask(
        """mutation ($id: ID!) { openCase(input: {
          subjectId: $id, title: "Look", role: "SUPPORT"}) {
          ... on CaseChanged { case { id } } } }""",
        id=order_id,
    )
    return {
        **await _known(admin),
        "sale": order_id,
        "quotation": made["createQuotation"]["quotation"]["id"],
        "case": opened["openCase"]["case"]["id"],
        "fulfilment": await _fulfilment(database_url, order_id),
    }


async def _known(admin: Client) -> dict[str, str]:
    """Register Bob as a user, with one of everything that compliance looks at."""
    made = await admin.ask(
        """mutation { registerUser(input: {email: "bob@example.com", customerId: "bob"}) {
          ... on UserApplied { user { id } } } }"""
    )
    user = made["registerUser"]["user"]["id"]
    made = await admin.ask(
        """mutation ($user: ID!) {
          openKycSession(userId: $user) { ... on KycSessionApplied { session { id } } }
          expectPayIn(input: {amount: "1.00", currency: "EUR", method: "CARD", userId: $user}) {
            ... on PayInApplied { payIn { id } } }
          requestPayOut(input: {amount: "1.00", currency: "EUR", reason: "r", userId: $user}) {
            ... on PayOutApplied { payOut { id } } } }""",
        user=user,
    )
    return {
        "user": user,
        "kyc": made["openKycSession"]["session"]["id"],
        "payin": made["expectPayIn"]["payIn"]["id"],
        "payout": made["requestPayOut"]["payOut"]["id"],
    }


async def _fulfilment(database_url: str, order_id: str) -> str:
    """Give the order a fulfilment that has no life: what is sent to it does not come that far."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "insert into orderwright.fulfilment (id, number, order_id, created_at)"
            " values ('f1', 'FF-1', $1, now())",
            order_id,
        )
    finally:
        await connection.close()
    return "f1"


async def _tried(person: Client, operation: str, ids: Mapping[str, str]) -> str | None:
    """Return the code of what came of it, if it has one."""
    chart, _, event = operation.partition(".")
    if operation in COMMANDS:
        return await _commanded(person, COMMANDS[operation])
    if operation in VOTING:
        codes = [await _commanded(person, door) for door in VOTING[operation]]
        return next((code for code in codes if code != DENIED), DENIED)
    if operation in LISTS:
        return _code(await person.raw(f"{{ it: {LISTS[operation]} }}"))
    if operation in FILES:
        return await _file(person, operation)
    asked = (
        "mutation ($id: ID!, $event: String!, $data: JSON)"
        f" {{ it: {SENDING[chart]} {{ ... on Refusal {{ code }} }} }}"
    )
    return _code(await person.raw(asked, id=ids[chart], event=event, data={NOTHING: 1}))


async def _commanded(person: Client, command: str) -> str | None:
    return _code(await person.raw(f"mutation {{ it: {command} {{ ... on Refusal {{ code }} }} }}"))


def _code(answer: Mapping[str, Any]) -> str | None:
    if answer.get("errors"):
        return str(answer["errors"][0]["extensions"]["code"])
    found = answer["data"]["it"]
    return found.get("code") if isinstance(found, dict) else None


async def _file(person: Client, operation: str) -> str | None:
    if operation == "document.open":
        answer = await person.http.get(f"/api/v1/documents/{NOTHING}")
    elif operation == "receipt.upload":
        answer = await person.http.post(
            "/payments/receipts", data={"paymentId": NOTHING}, files={"file": b"%PDF-"}
        )
    else:
        link = {"expires": 0, "signature": NOTHING}
        answer = await person.http.get(f"/payments/receipts/{NOTHING}", params=link)
    return str(json.loads(answer.text)["code"])
