"""The table in the code says what the table of the tests says; what comes of it is in `acceptance/test_roles.py`."""

from __future__ import annotations

import pytest

from orderwright.app.permissions import PERMISSIONS, Identity, Role, RoleMissing, require
from orderwright.app.shipped import folder
from orderwright.statechart import load
from roles import EXPECTED, HEAD


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
    assert [role.value[:5] for role in Role] == HEAD.split()


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
