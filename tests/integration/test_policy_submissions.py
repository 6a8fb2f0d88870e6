"""A KYC session waits for the decision on its newest submission, whoever tells of which and in what order."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from policy_house import ADMIN, APPROVE, clear, document, open_house, pause, publish

from orderwright import Event, Orderwright
from orderwright.app.compliance.users import NewUser
from orderwright.app.policies.shipped_policies import shipped_policies

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

AGAIN = {"field": "submissions", "operator": ">", "value": 1}
FIRST = {"field": "submissions", "operator": "==", "value": 1}
CONSENT = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE"}}
PAPERS = Event("DOCUMENTS_SUBMITTED", {"documentType": "PASSPORT"})


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        await publish(opened, "again", document(AGAIN, does=[CONSENT], trigger="KYC_SUBMITTED"))
        yield opened
        await clear(opened)


async def begin(app: Orderwright, email: str) -> str:
    user = (await app.users.register(NewUser(email=email), ADMIN)).instance_id
    return (await app.users.open_kyc(user, None, ADMIN)).instance_id


async def submit(app: Orderwright, session: str) -> None:
    assert (await app.users.send_kyc(session, PAPERS, ADMIN)).refused is None


async def why_not(app: Orderwright, session: str) -> set[str]:
    """Why it is not approved."""
    refused = (await app.users.send_kyc(session, Event("APPROVE"), ADMIN)).refused
    assert refused is not None
    return {reason.code for reason in refused.reasons}


async def known(app: Orderwright, session: str) -> Mapping[str, Any]:
    instance = await app.engine.read(session)
    assert instance is not None
    return instance.snapshot.context


async def test_a_second_submission_waits_for_its_own_decision_which_may_hold_it(app: Orderwright):
    session = await begin(app, "ada@example.com")
    await submit(app, session)
    await app.worker.drain()
    first = await known(app, session)
    assert (first["isDecided"], first["holds"]) == (True, {})
    await submit(app, session)
    assert await why_not(app, session) == {"policy.undecided"}
    await app.worker.drain()
    assert await why_not(app, session) == {"policy.held"}


async def test_what_a_host_tells_late_of_an_earlier_submission_does_not_decide_on_a_later_one(
    app: Orderwright,
):
    async with app.pool.acquire() as held, held.transaction():
        await held.fetchval("select pg_current_xact_id()")  # the relay reads nothing younger
        session = await begin(app, "bob@example.com")
        await submit(app, session)
        await submit(app, session)
        late = {"kycSessionId": session, "submissions": 1}
        assert (await app.trigger("KYC_SUBMITTED", late)).status == "decided"
        assert await why_not(app, session) == {"policy.undecided"}
    await app.worker.drain()
    assert await why_not(app, session) == {"policy.held"}
    decided = await app.pool.fetchval(
        "select count(*) from orderwright.log where instance_id = $1 and event_type = 'DECISION_RECORDED'",
        session,
    )
    assert decided == 1


async def test_what_a_host_tells_of_the_newest_submission_decides_on_it(app: Orderwright):
    session = await begin(app, "cy@example.com")
    await submit(app, session)
    await app.trigger("KYC_SUBMITTED", {"kycSessionId": session, "submissions": 1})
    assert (await known(app, session))["isDecided"] is True
    await app.worker.drain()
    approved = await app.users.send_kyc(session, Event("APPROVE"), ADMIN)
    assert approved.refused is None


async def test_an_approval_that_comes_after_another_submission_leaves_that_to_its_own_decision(
    app: Orderwright,
):
    await pause(app, "again")
    await publish(app, "first", document(FIRST, does=[APPROVE], trigger="KYC_SUBMITTED"))
    session = await begin(app, "di@example.com")
    await submit(app, session)
    told = await app.trigger("KYC_SUBMITTED", {"kycSessionId": session, "submissions": 1})
    assert [one.action for one in told.actions] == ["AUTO_APPROVE"]
    await submit(app, session)
    await app.worker.drain()
    now = await known(app, session)
    assert (now["submissions"], now["isDecided"], now["holds"]) == (2, True, {})
    report = await app.execute(told)
    assert [(one.status, one.code) for one in report.actions] == [
        ("skipped", "kyc.submission_superseded")
    ]
    assert (await app.users.send_kyc(session, Event("APPROVE"), ADMIN)).refused is None


async def test_an_execution_keeps_the_submission_that_is_told_and_else_none(app: Orderwright):
    session = await begin(app, "ed@example.com")
    await submit(app, session)
    await submit(app, session)
    for name, more in (("told", {"submissions": 1}), ("untold", {})):
        told = {"kycSessionId": session, **more}
        await app.trigger("KYC_SUBMITTED", told, occurrence=name)
    await app.worker.drain()
    kept = await app.pool.fetch(
        "select occurrence, submission from orderwright.policy_execution where entity_id = $1",
        session,
    )
    assert dict(map(tuple, kept)) == {"told": 1, "untold": None, "#1": 1, "#2": 2}


# --- of a session that lives with its host --------------------------------------------------------

SEED = {"userId": "ku", "country": "DE", "documentType": "PASSPORT", "provider": "acme"}
"""What hosts tell of a submission beside its session: no number, no name."""


async def numbers(app: Orderwright, session: str) -> list[int]:
    """The numbers that policies saw of a session's submissions, in order."""
    rows = await app.pool.fetch(
        "select facts, submission from orderwright.policy_execution where entity_id = $1 and status = 'decided'",
        session,
    )
    found = sorted(json.loads(row["facts"])["submissions"] for row in rows)
    assert found == sorted(row["submission"] for row in rows)
    return found


async def test_each_telling_of_a_submission_without_a_number_is_another_one(app: Orderwright):
    await clear(app)
    await publish(app, "resubmission", shipped_policies()["kyc-resubmission"])
    passport = {"field": "documentType", "operator": "==", "value": "PASSPORT"}
    await publish(app, "easy", document(passport, does=[APPROVE], trigger="KYC_SUBMITTED"))
    told = {"kycSessionId": "hosted", **SEED}
    found = [await app.trigger("KYC_SUBMITTED", told) for _ in range(4)]
    assert [[one.action for one in each.actions] for each in found] == [
        ["AUTO_APPROVE"],
        ["AUTO_APPROVE"],
        ["ESCALATE_TO_COMPLIANCE"],
        ["ESCALATE_TO_COMPLIANCE"],
    ]
    assert len({one.id for one in found}) == 4
    assert await numbers(app, "hosted") == [1, 2, 3, 4]


@pytest.mark.parametrize("wrong", [None, "3", 0, 1.5])
async def test_a_number_that_is_none_counts_as_not_told(app: Orderwright, wrong: object):
    told = {"kycSessionId": f"wrong-{wrong}", **SEED, "submissions": wrong}
    for _ in range(2):
        assert not (await app.trigger("KYC_SUBMITTED", told)).is_repeated
    assert await numbers(app, f"wrong-{wrong}") == [1, 2]


async def test_the_next_number_follows_the_greatest_and_all_that_was_told(app: Orderwright):
    told = {"kycSessionId": "mixed", **SEED}
    for more in ({}, {"submissions": 5}, {}, {}):
        await app.trigger("KYC_SUBMITTED", {**told, **more})
    assert (await app.trigger("KYC_SUBMITTED", {**told, "submissions": 5})).is_repeated
    assert await numbers(app, "mixed") == [1, 5, 6, 7]


async def test_submissions_that_are_told_at_the_same_moment_get_different_numbers(
    app: Orderwright,
):
    told = {"kycSessionId": "raced", **SEED}
    await asyncio.gather(*(app.trigger("KYC_SUBMITTED", told) for _ in range(5)))
    assert await numbers(app, "raced") == [1, 2, 3, 4, 5]


async def test_a_telling_that_is_rolled_back_takes_no_number(app: Orderwright):
    told = {"kycSessionId": "undone", **SEED}
    async with app.pool.acquire() as connection:
        for is_kept in (False, True):
            transaction = connection.transaction()
            await transaction.start()
            await app.trigger("KYC_SUBMITTED", told, connection=connection)
            await (transaction.commit() if is_kept else transaction.rollback())
    assert await numbers(app, "undone") == [1]


async def test_what_was_told_before_a_session_lives_here_is_no_submission_of_it(app: Orderwright):
    await clear(app)
    passport = {"field": "documentType", "operator": "==", "value": "PASSPORT"}
    await publish(app, "easy", document(passport, does=[APPROVE], trigger="KYC_SUBMITTED"))
    told = {"kycSessionId": "moves", **SEED}
    early = await app.trigger("KYC_SUBMITTED", told)
    await pause(app, "easy")
    context = {"kycSessionId": "moves", "userId": "ku"}
    await app.engine.create("kyc", "moves", context=context, actor="x")
    sent = await app.engine.send("moves", PAPERS, actor="x")
    assert sent.refused is None
    await app.worker.drain()
    report = await app.execute(early)
    assert [(one.status, one.code) for one in report.actions] == [
        ("skipped", "kyc.submission_unknown")
    ]
    here = await app.trigger("KYC_SUBMITTED", told)
    assert (here.is_repeated, here.submission) == (True, 1)
    kept = await app.pool.fetch(
        "select occurrence from orderwright.policy_execution where entity_id = 'moves'"
    )
    assert {row["occurrence"] for row in kept} == {"told/1", "#1"}
