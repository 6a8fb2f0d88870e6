-- Timers, rows of ledgers, and invocations: what only some steps have; balances have been changed before (`book`). With the end
-- of an instance (`ends`) all its timers go. A step first stops invocations (`stops`: their ids) and then starts others
-- (`invokes`); one that was left and entered again within a step is a new one.
create or replace function orderwright.apply_effects(
    subject text, step_version integer, recorded timestamptz, effects jsonb)
returns void
language plpgsql
as $function$
begin
    if effects ? 'cancels' then
        delete from orderwright.timer as t
        using jsonb_array_elements_text(effects -> 'cancels') as gone (timer_id)
        where t.instance_id = subject and t.timer_id = gone.timer_id;
    end if;

    if effects ? 'timers' then
        insert into orderwright.timer (
            instance_id, timer_id, due_at, event_type, event_data, instance_version)
        select
            subject, e.value ->> 'timer_id', (e.value ->> 'due_at')::timestamptz, e.value ->> 'event_type',
            e.value ->> 'event_data', step_version
        from jsonb_array_elements(effects -> 'timers') as e (value)
        on conflict (instance_id, timer_id) do update
        set due_at = excluded.due_at, event_type = excluded.event_type, event_data = excluded.event_data,
            instance_version = excluded.instance_version, attempts = 0, last_error = null, retry_at = null;
    end if;

    if effects ? 'ends' then
        delete from orderwright.timer where instance_id = subject;
    end if;

    if effects ? 'posts' then
        insert into orderwright.ledger_entry (ledger, instance_id, version, n, data, account, amount, recorded_at)
        select
            e.value ->> 'ledger', subject, step_version, e.n, e.value ->> 'data', e.value ->> 'account',
            (e.value ->> 'amount')::bigint, recorded
        from jsonb_array_elements(effects -> 'posts') with ordinality as e (value, n);
    end if;

    if effects ? 'stops' then
        update orderwright.job as j
        set status = 'stopped', leased_until = null, finished_at = recorded
        from jsonb_array_elements_text(effects -> 'stops') as left_state (invoke_id)
        where j.instance_id = subject and j.invoke_id = left_state.invoke_id
            and j.status in ('waiting', 'running', 'dead');
    end if;

    if effects ? 'invokes' then
        insert into orderwright.job (
            job_id, kind, key, payload, root_id, instance_id, invoke_id, correlation_id, causation_id, status,
            attempts, attempt_limit, fence, next_attempt_at, created_at)
        select
            e.value ->> 'job_id', e.value ->> 'kind', e.value ->> 'key', e.value ->> 'payload',
            e.value ->> 'root_id', subject, e.value ->> 'invoke_id', e.value ->> 'correlation_id',
            subject || '/' || step_version, 'waiting', 0, (e.value ->> 'attempt_limit')::integer, 0, recorded, recorded
        from jsonb_array_elements(effects -> 'invokes') as e (value);
    end if;
end
$function$;
