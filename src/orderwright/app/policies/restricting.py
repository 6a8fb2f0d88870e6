"""What earlier decisions have left on an entity: the restrictive actions that stand, and those that still hold it.

    stands    decided, whatever has become of it; no more once people have settled it: documents accepted or not
              needed, consent given, its cases resolved without confirming it
    holds     not done yet, or done by asking people who have not answered, or who have not consented

What is settled spoke against an approval by a policy only until then. A freeze, a rejection or a refused consent is
never settled here. Nor is what was skipped: what it asks for may have been there before, as where people had frozen
the entity, and a lifecycle that does not take it says nothing of what the policy was against. What follows from a
refusal, where the entity lives here, takes its place and lifts its hold.
What its host is asked to do because of a refusal is none of these: the action that was refused stands for it.
"""

from __future__ import annotations

from typing import Final

STANDING: Final = """(
    a.status <> 'dropped' and a.action not in ('SEND_NOTIFICATION', 'AUTO_APPROVE')
    and a.follows_from is null
    and not (
        a.status = 'applied' and a.action not in ('FREEZE_ORDER', 'REJECT_TRANSACTION')
        and not exists (
            select from orderwright.policy_case as c
            where c.action_id = a.id and (c.resolution is null or c.resolution = 'DECLINED'))
        and (exists (select from orderwright.policy_case as c where c.action_id = a.id)
             or exists (
                 select from orderwright.instance as i
                 where i.instance_id = coalesce(a.result::jsonb ->> 'request', a.id) and (
                     i.chart_id = 'document_request' and i.state in ('ACCEPTED', 'CANCELLED')
                     or i.chart_id = 'approval' and (
                         i.state = 'APPROVED' or i.state = 'EXPIRED'
                         and i.snapshot::jsonb -> 'context' ->> 'approvedMinor' is not null))))))"""
"""Whether an action `a` stands; one that found its documents asked for already goes with that request, and consent
whose validity is over was given all the same."""
REFUSED: Final = """(
    a.status = 'applied' and a.action = any('{REQUIRE_APPROVAL,ESCALATE_TO_COMPLIANCE,REQUEST_DOCUMENT}') and (
        exists (
            select from orderwright.policy_case as c where c.action_id = a.id and c.resolution = 'DECLINED')
        or exists (
            select from orderwright.instance as i where i.instance_id = a.id and i.chart_id = 'approval' and (
                i.state in ('DENIED', 'REVOKED') or i.state = 'EXPIRED'
                and i.snapshot::jsonb -> 'context' ->> 'approvedMinor' is null))
        and not exists (
            select from orderwright.policy_case as c where c.action_id = a.id and c.resolution is not null)))"""
"""Whether an action `a` has asked people who have not consented; where compliance decides instead, until it has let
the entity go."""
HOLDING: Final = f"""(
    a.follows_from is null
    and a.action = any('{{FREEZE_ORDER,REJECT_TRANSACTION,REQUIRE_APPROVAL,ESCALATE_TO_COMPLIANCE,REQUEST_DOCUMENT}}')
    and (a.status in ('planned', 'queued', 'failed') or {REFUSED}
         or a.status = 'applied' and (
             exists (
                 select from orderwright.policy_case as c where c.action_id = a.id and c.resolution is null)
             or exists (
                 select from orderwright.instance as i where i.instance_id = a.id and (
                     i.chart_id = 'document_request' and i.status = 'active'
                     or i.chart_id = 'approval' and i.state = 'PENDING')))))"""  # noqa: S608 (ours)
"""Whether an action `a` holds its entity, as it has since the decision."""
ELSEWHERE: Final = """(
    a.follows_from is null and a.action not in ('SEND_NOTIFICATION', 'AUTO_APPROVE', 'FLAG_FOR_REVIEW') and (
        a.status = 'applied' and (a.result::jsonb ? 'handler' or a.result::jsonb ? 'told')
        or a.status = 'skipped' and a.code = 'entity.not_found'))"""
"""Whether an action `a` that restricts has been done by a host, or by nobody, for its entity did not live here."""
