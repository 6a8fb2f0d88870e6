"""Who may do what, stated a second time as one table, and held against the table in the code."""

from __future__ import annotations

import pytest

from orderwright.app.permissions import PERMISSIONS, Identity, Role, RoleMissing, require
from orderwright.app.shipped import folder
from orderwright.statechart import load

MATRIX = """
                               SUPER ADMIN MANAG ACCOU BILLE WAREH COMPL TREAS SUPPO READ_ RESEL CUSTO
order.create                     x     x     x     .     x     .     .     .     x     .     .     .
quotation.create                 x     x     x     .     x     .     .     .     x     .     .     .
case.read                        x     x     x     x     x     x     x     x     x     x     .     .
case.work                        x     x     x     x     x     x     x     x     x     .     .     .
case.assign                      x     x     x     .     .     .     .     .     .     .     .     .
deadletter.read                  x     x     x     .     .     .     .     .     x     .     .     .
deadletter.retry                 x     x     x     .     .     .     .     .     .     .     .     .
incident.read                    x     x     x     .     .     .     .     .     x     .     .     .
incident.resolve                 x     x     x     .     .     .     .     .     .     .     .     .
incident.retry                   x     x     x     .     .     .     .     .     .     .     .     .
override.read                    x     x     x     x     x     .     x     .     x     x     .     .
override.request                 x     x     x     .     x     .     .     .     x     .     .     .
override.revoke                  x     x     x     .     .     .     .     .     .     .     .     .
override.vote                    x     x     x     .     .     .     .     .     .     .     .     .
notification.read                x     x     x     x     x     x     x     x     x     x     x     x
notification.set                 x     x     x     x     x     x     x     x     x     x     x     x
outbox.read                      x     x     x     .     .     .     .     .     x     .     .     .
setting.read                     x     x     x     .     .     .     .     .     .     .     .     .
setting.change                   x     x     .     .     .     .     .     .     .     .     .     .
webhook.manage                   x     x     .     .     .     .     .     .     .     .     .     .
credit.read                      x     x     x     x     x     .     x     x     x     x     x     x
credit.set                       x     x     x     .     .     .     .     .     .     .     .     .
credit.SET_PROFILE               x     x     x     .     .     .     .     .     .     .     .     .
payment.register                 x     x     x     x     x     .     .     .     x     .     x     x
payment.read                     x     x     x     x     x     x     x     x     x     x     x     x
receipt.upload                   x     x     x     x     x     .     .     .     x     .     x     x
receipt.read                     x     x     x     x     x     .     .     x     x     .     x     x
quotation.SHARE                  x     x     x     .     x     .     .     .     x     .     .     .
quotation.EDIT                   x     x     x     .     x     .     .     .     x     .     .     .
quotation.BUYER_APPROVES         x     x     .     .     .     .     .     .     .     .     x     x
quotation.SELLER_APPROVES        x     x     x     .     x     .     .     .     x     .     .     .
quotation.DECLINE                x     x     x     .     x     .     .     .     x     .     x     x
quotation.WITHDRAW               x     x     x     .     x     .     .     .     x     .     .     .
quotation.EXTEND_VALIDITY        x     x     x     .     x     .     .     .     x     .     .     .
sale.SET_PAYMENT_METHOD          x     x     x     x     x     .     .     .     x     .     x     x
sale.INITIATE_PAYMENT            x     x     x     x     x     .     .     .     x     .     x     x
sale.PAYMENT_AUTHORIZED          x     x     x     x     .     .     .     .     .     .     .     .
sale.PAYMENT_CAPTURED            x     x     x     x     .     .     .     .     .     .     .     .
sale.PAYMENT_FAILED              x     x     x     x     .     .     .     .     .     .     .     .
sale.ADMIN_OVERRIDE_REQUESTED    x     x     x     .     x     .     .     .     x     .     .     .
sale.CREDIT_OVERRIDE_REQUIRED    x     x     x     .     x     .     .     .     x     .     .     .
sale.FREEZE                      x     x     x     .     .     .     x     .     .     .     .     .
sale.RELEASE                     x     x     x     .     .     .     x     .     .     .     .     .
sale.REJECT                      x     x     x     .     .     .     x     .     .     .     .     .
sale.CANCEL_REQUESTED            x     x     x     .     x     .     .     .     x     .     x     x
sale.REOPEN                      x     x     x     .     .     .     .     .     .     .     .     .
sale.WRITE_OFF                   x     x     x     .     .     .     .     .     .     .     .     .
payment.CONFIRM                  x     x     x     x     .     .     .     .     .     .     .     .
payment.FAIL                     x     x     x     x     .     .     .     .     .     .     .     .
payment.REFUND                   x     x     x     x     .     .     .     .     .     .     .     .
payment.CHARGE_BACK              x     x     x     x     .     .     .     .     .     .     .     .
fulfilment.FULFILMENT_STARTED    x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.PACKAGE_SHIPPED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.PACKAGE_DELIVERED     x     x     x     .     .     x     .     .     x     .     .     .
fulfilment.DELIVERY_FAILED       x     x     x     .     .     x     .     .     x     .     .     .
fulfilment.SERVICE_SCHEDULED     x     x     x     .     .     x     .     .     x     .     .     .
fulfilment.SERVICE_STARTED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.SERVICE_COMPLETED     x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.RETURN_REQUESTED      x     x     x     .     .     x     .     .     x     .     x     x
fulfilment.RETURN_RECEIVED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.RETURN_REJECTED       x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.REFUND_ISSUED         x     x     x     x     .     .     .     .     .     .     .     .
fulfilment.HOLD                  x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.RESUME                x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.CANCEL                x     x     x     .     .     x     .     .     .     .     .     .
fulfilment.FAIL                  x     x     x     .     .     x     .     .     .     .     .     .
case.ASSIGN                      x     x     x     .     .     .     .     .     .     .     .     .
case.TAKE                        x     x     x     x     x     x     x     x     x     .     .     .
case.COMMENT                     x     x     x     x     x     x     x     x     x     .     .     .
case.CHANGE_PRIORITY             x     x     x     x     x     x     x     x     x     .     .     .
case.RESOLVE                     x     x     x     x     x     x     x     x     x     .     .     .
case.REOPEN                      x     x     x     x     x     x     x     x     x     .     .     .
approval.APPROVE                 x     x     x     .     .     .     .     .     .     .     .     .
approval.DENY                    x     x     x     .     .     .     .     .     .     .     .     .
approval.REVOKE                  x     x     x     .     .     .     .     .     .     .     .     .
approval.WITHDRAW                x     x     x     .     x     .     .     .     x     .     .     .
"""
_HEAD, *_ROWS = [line for line in MATRIX.splitlines() if line.strip()]
EXPECTED = {
    (operation, role): mark == "x"
    for operation, *marks in (row.split() for row in _ROWS)
    for role, mark in zip(Role, marks, strict=True)
}


def somebody(*roles: Role) -> Identity:
    return Identity(id="p", login="p", name="P", roles=frozenset(roles))


@pytest.mark.parametrize(("operation", "role"), EXPECTED)
def test_each_role_may_do_what_the_table_says_and_nothing_else(operation: str, role: Role):
    person = somebody(role)
    assert person.may(operation) is EXPECTED[operation, role]
    if not EXPECTED[operation, role]:
        with pytest.raises(RoleMissing, match=operation):
            require(person, operation)


def test_the_head_of_the_table_names_the_roles_in_order():
    assert [role.value[:5] for role in Role] == _HEAD.split()


def test_the_table_has_a_row_for_every_operation_and_every_event_that_people_send():
    operations = {operation for operation, _ in EXPECTED}
    assert operations == set(PERMISSIONS)
    charts = [load(file.read_text()) for file in folder("charts").glob("*.json")]
    sent = {f"{c.id}.{e.type}" for c in charts for e in c.events.values() if e.by == "user"}
    assert {operation for operation in operations if operation.partition(".")[2].isupper()} == sent


def test_an_unknown_operation_is_nobodys():
    with pytest.raises(RoleMissing):
        require(somebody(*Role), "sale.NO_SUCH_EVENT")


def test_outsiders_see_their_own_records_only_and_staff_all():
    customer = Identity(
        id="c", login="c", name="C", roles=frozenset({Role.CUSTOMER}), customer_id="1"
    )
    assert customer.sees("1")
    assert not customer.sees("2")
    assert somebody(Role.READ_ONLY).sees("2")
    assert not somebody(Role.CUSTOMER).sees("1")


def test_a_person_works_on_the_cases_of_their_roles_and_of_whom_they_manage():
    assert somebody(Role.BILLER).queues == [Role.BILLER]
    assert somebody(Role.ACCOUNTANT, Role.SUPPORT).queues == [Role.ACCOUNTANT, Role.SUPPORT]
    above = somebody(Role.MANAGER).queues
    assert {Role.ACCOUNTANT, Role.BILLER, Role.WAREHOUSE} < set(above)
    assert {Role.ADMIN, Role.TREASURY}.isdisjoint(above)
    assert set(somebody(Role.SUPERADMIN).queues) == set(Role)
