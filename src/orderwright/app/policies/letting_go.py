"""Letting go of old executions: of those from which nothing follows any more.

Kept whatever their age are executions of which an action is not done, an approval, a request for documents or a case
is open, or something restrictive stands: it may hold its entity, and it speaks against an automatic approval for as
long as the entity, or what the entity belongs to, has not ended. What lives with a host never ends here, so what
restricts it is kept, also where nobody has found it yet: it is held by that when it comes to live here.

With an execution go its evaluations and actions. Cases stay countable, for a policy's precision, and so do events, for
facts ask for all of them: whether an order is the first, how often somebody has submitted.
"""

from __future__ import annotations

from typing import Final

# An approval, a request and an escalation have the id of their action. A case never ends, for it may be reopened;
# where its action has gone by then, the entity has ended, and nothing is left to hold.
SETTLED: Final = """
with turn as materialized (
    select pg_try_advisory_xact_lock({lock}) as is_mine
), looked as materialized (
    select started_at as at, id
    from orderwright.policy_execution
    where (select is_mine from turn) and started_at < $1 and (started_at, id) > ($2, $3)
    order by started_at, id
    limit {batch}
), gone as (
    delete from orderwright.policy_execution as x using looked
    where x.id = looked.id
      and not exists (
          select from orderwright.policy_action as a
          where a.execution_id = looked.id and (
              a.status not in ('applied', 'skipped', 'dropped')
              or a.status = 'applied' and (
                  exists (
                      select from orderwright.instance as i
                      where i.instance_id = a.id and i.status = 'active' and i.chart_id <> 'case')
                  or exists (
                      select from orderwright.policy_case as c
                      where c.action_id = a.id and c.resolution is null))
              or a.status in ('applied', 'skipped') and a.action not in ('SEND_NOTIFICATION', 'AUTO_APPROVE')
                  and (exists (
                           select from orderwright.instance as i
                           where i.instance_id = a.root_id and i.status = 'active')
                       or not exists (
                           select from orderwright.instance as i
                           where i.instance_id = a.entity_id and i.status <> 'active'))))
    returning x.id
), evaluations as (
    delete from orderwright.policy_evaluation as e using gone where e.execution_id = gone.id
), actions as (
    delete from orderwright.policy_action as a using gone where a.execution_id = gone.id
)
select at, id from looked order by at, id
"""
"""The statement of a walk of `runtime.retention`."""
