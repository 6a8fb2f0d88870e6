"""A policy in force that asks KYC sessions for papers: handing in is a submission on which it decides once more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from policy_house import ADMIN, START, clear, document, publish

from orderwright import Event, Orderwright
from orderwright.app.compliance.users import NewUser
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

FROM_KP = {"field": "country", "operator": "==", "value": "KP"}
PDF = b"%PDF-1.7 passport"


def asks(*types: str) -> dict[str, Any]:
    """A policy that asks sessions of a country for papers."""
    papers = {"action": "REQUEST_DOCUMENT", "config": {"types": [*types], "due_days": 7}}
    return document(FROM_KP, does=[papers], trigger="KYC_SUBMITTED")


@pytest.fixture(scope="module")
async def app(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Orderwright]:
    settings, clock = Settings(home=Path(tmp_path_factory.mktemp("home"))), DrivenClock(START)
    async with Orderwright.connect(shared_database_url, settings=settings, clock=clock) as opened:
        yield opened
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in opened.replay.verify_all()] == []


@pytest.fixture
async def in_force(app: Orderwright) -> AsyncIterator[None]:
    yield
    await clear(app)


async def open_session(app: Orderwright, email: str) -> str:
    user = (await app.users.register(NewUser(email=email), ADMIN)).instance_id
    return (await app.users.open_kyc(user, None, ADMIN)).instance_id


async def send(app: Orderwright, session: str, event: str, **data: object) -> None:
    """Send what must be taken, and let everything that follows be done."""
    assert (await app.users.send_kyc(session, Event(event, data), ADMIN)).refused is None
    await app.worker.drain()


async def submit(app: Orderwright, session: str) -> None:
    await send(app, session, "DOCUMENTS_SUBMITTED", documentType="ID_CARD", country="KP")


async def hand_in(app: Orderwright, request: str, kind: str) -> None:
    link = await app.acts.document_desk.link(request, ADMIN.by)
    assert (await app.acts.document_intake.take(link, kind, PDF)).refused is None
    await app.worker.drain()


async def answer(app: Orderwright, request: str, what: Any, words: str = "") -> None:
    result = await app.acts.document_desk.answer(request, what, words, ADMIN)
    assert result.refused is None
    await app.worker.drain()


async def known(app: Orderwright, instance_id: str) -> tuple[str, Mapping[str, Any]]:
    instance = await app.engine.read(instance_id)
    assert instance is not None
    return instance.state, instance.snapshot.context


async def requests(app: Orderwright, session: str) -> list[str]:
    """The requests for papers of a session, the first first."""
    asked = "select id from orderwright.document_request where entity_id = $1 order by requested_at, id"
    return [row["id"] for row in await app.pool.fetch(asked, session)]


async def outcomes(app: Orderwright, session: str) -> list[tuple[str, str | None]]:
    """What became of the actions on a session, and the request by which they were done where it is an older one."""
    asked = (
        "select status, result::jsonb ->> 'request' as by from orderwright.policy_action "
        "where entity_id = $1 order by planned_at, id"
    )
    return [tuple(row) for row in await app.pool.fetch(asked, session)]


@pytest.mark.usefixtures("in_force")
async def test_what_a_policy_asked_for_is_handed_in_once_and_the_session_can_be_approved(
    app: Orderwright,
):
    await publish(app, "papers", asks("passport"))
    session = await open_session(app, "ada@example.com")
    await submit(app, session)
    [request] = await requests(app, session)
    assert (await known(app, session))[0] == "DOCUMENTS_REQUESTED"

    await hand_in(app, request, "passport")
    state, context = await known(app, session)
    assert (state, context["submissions"], [*context["holds"]]) == ("PENDING", 2, [request])
    await answer(app, request, "REJECT", "it is blurred")
    assert (await known(app, session))[0] == "DOCUMENTS_REQUESTED"
    await hand_in(app, request, "passport")
    await answer(app, request, "ACCEPT")
    assert await requests(app, session) == [request]
    assert sorted(await outcomes(app, session), key=str) == [
        ("applied", request),
        ("applied", request),
        ("applied", None),
    ]
    await send(app, session, "APPROVE")
    assert (await known(app, session))[0] == "APPROVED"


@pytest.mark.usefixtures("in_force")
async def test_two_policies_each_get_their_papers_and_neither_asks_again(app: Orderwright):
    await publish(app, "one", asks("passport"))
    await publish(app, "other", asks("bill"))
    session = await open_session(app, "bob@example.com")
    await submit(app, session)
    both = {(await known(app, one))[1]["types"][0]: one for one in await requests(app, session)}
    for kind, request in sorted(both.items()):
        await hand_in(app, request, kind)
        await answer(app, request, "ACCEPT")
    assert len(await requests(app, session)) == 2
    await send(app, session, "APPROVE")
    assert (await known(app, session))[0] == "APPROVED"


@pytest.mark.usefixtures("in_force")
async def test_a_session_that_is_opened_again_is_asked_anew_but_not_for_what_is_still_awaited(
    app: Orderwright,
):
    await publish(app, "papers", asks("passport"))
    session = await open_session(app, "cy@example.com")
    await submit(app, session)
    [first] = await requests(app, session)
    await again(app, session)
    assert await requests(app, session) == [first]
    await hand_in(app, first, "passport")
    await answer(app, first, "ACCEPT")
    await again(app, session)
    assert len(await requests(app, session)) == 2


async def again(app: Orderwright, session: str) -> None:
    """Turn a session down, and let the user try again an hour later."""
    assert isinstance(app.clock, DrivenClock)
    await send(app, session, "REJECT", reason="no", final=False)
    app.clock.advance(timedelta(hours=1))
    await send(app, session, "RESUBMIT")
    await submit(app, session)
