"""What a command remembers of its attempts."""

from __future__ import annotations

from types import SimpleNamespace

from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.ticket import Ticket
from orderwright.statechart import Event


def test_a_step_stays_in_doubt_until_the_database_has_said_that_it_was_not_stored():
    ticket = Ticket(Send(instance_id="p1", event=Event("ADD"), cause=Cause(actor=Actor("ann"))))
    lost, refused, last = (SimpleNamespace(name=name) for name in ("lost", "refused", "last"))
    assert ticket.handed_over == ()
    ticket.hand_over(lost, 1)
    ticket.hand_over(refused, 2)
    assert ticket.handed_over == (lost, refused)
    assert ticket.bases == {1, 2}
    ticket.written = None
    assert ticket.handed_over == (lost,)
    assert ticket.bases == {1}
    ticket.hand_over(last, None)
    assert ticket.handed_over == (lost, last)
    assert ticket.bases == {1}, "the last call holds the instance"
