-- What `orderwright.apply_steps` does, and the invocations that go with it: for steps of charts that invoke, so that the
-- others do not pay for it. An item that was applied first stops invocations (`stops`: their ids) and then starts others
-- (`invokes`); one that was left and entered again within a step is a new one.
create function orderwright.apply_steps_and_invocations(items jsonb)
returns table (item integer, outcome text)
language plpgsql
as $function$
declare
    step jsonb;
    recorded timestamptz;
begin
    for item, outcome in select a.item, a.outcome from orderwright.apply_steps(items) as a order by a.item loop
        step := items -> item;
        recorded := (step ->> 'recorded_at')::timestamptz;
        if outcome = 'applied' and step ? 'stops' then
            update orderwright.job as j
            set status = 'stopped', leased_until = null, finished_at = recorded
            from jsonb_array_elements_text(step -> 'stops') as left_state (invoke_id)
            where j.instance_id = step ->> 'instance_id' and j.invoke_id = left_state.invoke_id
                and j.status in ('waiting', 'running', 'dead');
        end if;
        if outcome = 'applied' and step ? 'invokes' then
            insert into orderwright.job (
                job_id, kind, key, payload, root_id, instance_id, invoke_id, correlation_id, causation_id, status,
                attempts, attempt_limit, fence, next_attempt_at, created_at)
            select
                e.value ->> 'job_id', e.value ->> 'kind', e.value ->> 'key', e.value ->> 'payload',
                step ->> 'root_id', step ->> 'instance_id', e.value ->> 'invoke_id', step ->> 'correlation_id',
                (step ->> 'instance_id') || '/' || (step ->> 'version'), 'waiting', 0,
                (e.value ->> 'attempt_limit')::integer, 0, recorded, recorded
            from jsonb_array_elements(step -> 'invokes') as e (value);
        end if;
        return next;
    end loop;
end
$function$
