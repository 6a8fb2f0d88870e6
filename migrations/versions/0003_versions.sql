-- The only write path of lifecycle state.
--
-- `items` is an array of prepared steps (see orderwright.runtime.write). Each is applied in a subtransaction of its own:
-- wholly, or not at all. One answer per item, in order:
--   applied            the step is written
--   exists             a start, but the instance is there already
--   version_conflict   the instance is not at the version that the step was computed from
--   key_conflict       the idempotency key is taken
-- A step may be a move to another version of the chart, so the instance's chart version is written with the rest.
-- Everything that is JSON to us is text to the database; times and hashes come from the caller.
create or replace function orderwright.apply_steps(items jsonb)
returns table (item integer, outcome text)
language plpgsql
as $function$
declare
    step jsonb;
    subject text;
    step_version integer;
    recorded timestamptz;
    placed xid8;
begin
    item := -1;
    for step in select value from jsonb_array_elements(items) loop
        item := item + 1;
        subject := step ->> 'instance_id';
        step_version := (step ->> 'version')::integer;
        recorded := (step ->> 'recorded_at')::timestamptz;
        begin
            if step_version = 1 then
                insert into orderwright.instance (
                    instance_id, chart_id, chart_version, root_id, version, status, state, snapshot, log_hash, ord,
                    created_at, updated_at)
                values (
                    subject, step ->> 'chart_id', (step ->> 'chart_version')::integer, step ->> 'root_id', 1,
                    step ->> 'status', step ->> 'state', step ->> 'snapshot', decode(step ->> 'hash', 'hex'),
                    pg_current_xact_id(), recorded, recorded)
                on conflict (instance_id) do nothing
                returning ord into placed;
                if not found then
                    raise exception 'instance exists' using errcode = 'OW001';
                end if;
            else
                update orderwright.instance as i
                set chart_version = (step ->> 'chart_version')::integer, version = step_version,
                    status = step ->> 'status', state = step ->> 'state', snapshot = step ->> 'snapshot',
                    log_hash = decode(step ->> 'hash', 'hex'), ord = greatest(i.ord, pg_current_xact_id()),
                    updated_at = recorded
                where i.instance_id = subject and i.version = step_version - 1
                returning i.ord into placed;
                if not found then
                    raise exception 'another version' using errcode = 'OW002';
                end if;
            end if;

            if step ->> 'key' is not null then
                insert into orderwright.idempotency_key as k (
                    key, request_hash, instance_id, version, created_at, expires_at)
                values (
                    step ->> 'key', decode(step ->> 'request_hash', 'hex'), subject, step_version, recorded,
                    (step ->> 'key_expires_at')::timestamptz)
                on conflict (key) do update
                set request_hash = excluded.request_hash, instance_id = excluded.instance_id,
                    version = excluded.version, created_at = excluded.created_at, expires_at = excluded.expires_at
                where k.expires_at <= excluded.created_at;
                if not found then
                    raise exception 'key taken' using errcode = 'OW003';
                end if;
            end if;

            insert into orderwright.log (
                instance_id, version, event_type, event_data, facts, actor_kind, actor_id, reason, origin,
                correlation_id, causation_id, occurred_at, recorded_at, from_state, to_state, changes, hash)
            values (
                subject, step_version, step ->> 'event_type', step ->> 'event_data', step ->> 'facts',
                step ->> 'actor_kind', step ->> 'actor_id', step ->> 'reason', step ->> 'origin',
                step ->> 'correlation_id', step ->> 'causation_id', (step ->> 'occurred_at')::timestamptz, recorded,
                step ->> 'from_state', step ->> 'state', step ->> 'changes', decode(step ->> 'hash', 'hex'));

            if step ? 'emits' then
                insert into orderwright.outbox (
                    ord, event_id, instance_id, root_id, version, name, payload, correlation_id, causation_id,
                    occurred_at, recorded_at)
                select
                    placed, subject || '/' || step_version || '/' || e.n, subject, step ->> 'root_id', step_version,
                    e.value ->> 'name', e.value ->> 'payload', step ->> 'correlation_id',
                    subject || '/' || step_version, (step ->> 'occurred_at')::timestamptz, recorded
                from jsonb_array_elements(step -> 'emits') with ordinality as e (value, n)
                order by e.n;
            end if;

            if step ? 'cancels' then
                delete from orderwright.timer as t
                using jsonb_array_elements_text(step -> 'cancels') as gone (timer_id)
                where t.instance_id = subject and t.timer_id = gone.timer_id;
            end if;

            if step ? 'timers' then
                insert into orderwright.timer (
                    instance_id, timer_id, due_at, event_type, event_data, instance_version)
                select
                    subject, e.value ->> 'timer_id', (e.value ->> 'due_at')::timestamptz, e.value ->> 'event_type',
                    e.value ->> 'event_data', step_version
                from jsonb_array_elements(step -> 'timers') as e (value)
                on conflict (instance_id, timer_id) do update
                set due_at = excluded.due_at, event_type = excluded.event_type, event_data = excluded.event_data,
                    instance_version = excluded.instance_version, attempts = 0, last_error = null, retry_at = null;
            end if;

            if step ? 'posts' then
                insert into orderwright.ledger_entry (ledger, instance_id, version, n, data, recorded_at)
                select e.value ->> 'ledger', subject, step_version, e.n, e.value ->> 'data', recorded
                from jsonb_array_elements(step -> 'posts') with ordinality as e (value, n);
            end if;

            outcome := 'applied';
        exception
            when sqlstate 'OW001' then outcome := 'exists';
            when sqlstate 'OW002' then outcome := 'version_conflict';
            when sqlstate 'OW003' then outcome := 'key_conflict';
        end;
        return next;
    end loop;
end
$function$
