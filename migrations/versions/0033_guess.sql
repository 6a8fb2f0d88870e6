-- The write path of lifecycle state for a batch of steps: see orderwright.runtime.write.
--
-- Each argument is a column; an item is what stands at one place in all of them. Items come sorted by instance, and
-- those of one instance in order of version, so that all who write lock rows in one order. An item is written wholly or not
-- at all, and never hurts its neighbours: whatever may say no is asked before anything of the item is written, so that no
-- subtransaction is needed to take something back. The answer is null when all are applied, else one word for each item:
--   applied            the step is written
--   exists             a start, but the instance is there already
--   version_conflict   the instance does not stand where the step was computed from: at that version, with that hash
--   key_conflict       the idempotency key is taken
--   balance_guard ...  a balance would leave its bounds; behind the word a JSON object with the numbers
-- What follows a step that is not applied, of the same instance, is not applied either, although its version may fit by
-- chance: others may have moved the instance on by as many steps, and it would stand on a row that it was not computed from.
-- `patience` is how many milliseconds to wait for a lock, 0 for ever; with an error nothing of the batch is written.
-- `has_bookings` tells that some of the posts change balances: then all instances, and after them all balances, are locked in
-- one order before anything is written.
-- `effects` is null for most: a JSON object with timers, cancels and posts. Domain events have columns of their own; the first
-- says to which item they belong, counted from 1.
-- `previous_hashes` are those of the log rows that the steps were computed from, null where it is not known: what was computed
-- from a row that was kept in memory must not be written where the database has gone back and on to the same version.
-- Everything that is JSON to us is text to the database; times and hashes come from the caller.
create function orderwright.apply_steps(
    patience integer,
    instance_ids text[], versions integer[], root_ids text[], chart_ids text[], chart_versions integer[],
    statuses text[], from_states text[], to_states text[], snapshots text[], hashes bytea[],
    event_types text[], event_datas text[], fact_texts text[], actor_kinds text[], actor_ids text[], reasons text[],
    origins text[], correlation_ids text[], causation_ids text[], occurred timestamptz[], recorded timestamptz[],
    change_texts text[], effects text[], keys text[], request_hashes bytea[], key_expiries timestamptz[],
    previous_hashes bytea[],
    emitted_items integer[], emitted_numbers integer[], emitted_names text[], emitted_payloads text[],
    has_bookings boolean)
returns text[]
language plpgsql
as $function$
declare
    step record;
    fate text;
    broken text;
    fates text[];
    placed xid8;
    placings xid8[];
    effect jsonb;
    beyond text;
begin
    if patience > 0 then
        perform set_config('lock_timeout', patience::text, true);
    end if;

    if has_bookings then
        perform 1 from orderwright.instance where instance_id = any (instance_ids)
        order by instance_id for no key update;
        perform orderwright.lock_balances(effects);
    end if;

    for step in
        select * from unnest(
            instance_ids, versions, root_ids, chart_ids, chart_versions, statuses, to_states, snapshots, hashes,
            recorded, effects, keys, request_hashes, key_expiries, previous_hashes) as s (
            instance_id, version, root_id, chart_id, chart_version, status, state, snapshot, hash,
            recorded_at, effects, key, request_hash, key_expires_at, previous_hash)
    loop
        fate := case when step.instance_id = broken then 'version_conflict' else 'applied' end;
        effect := step.effects::jsonb;
        if fate = 'applied' and step.version > 1 and (step.key is not null or has_bookings) then
            perform 1 from orderwright.instance as i
            where i.instance_id = step.instance_id and i.version = step.version - 1
                and (step.previous_hash is null or i.log_hash = step.previous_hash)
            for no key update;
            if not found then
                fate := 'version_conflict';
            end if;
        end if;
        if fate = 'applied' and step.key is not null then
            insert into orderwright.idempotency_key as k (
                key, request_hash, instance_id, version, created_at, expires_at)
            values (
                step.key, step.request_hash, step.instance_id, step.version, step.recorded_at, step.key_expires_at)
            on conflict (key) do update
            set request_hash = excluded.request_hash, instance_id = excluded.instance_id,
                version = excluded.version, created_at = excluded.created_at, expires_at = excluded.expires_at
            where k.expires_at <= excluded.created_at;
            if not found then
                fate := 'key_conflict';
            end if;
        end if;

        if fate = 'applied' and step.version = 1 then
            insert into orderwright.instance (
                instance_id, chart_id, chart_version, root_id, version, status, state, snapshot, log_hash, ord,
                created_at, updated_at)
            values (
                step.instance_id, step.chart_id, step.chart_version, step.root_id, 1, step.status, step.state,
                step.snapshot, step.hash, pg_current_xact_id(), step.recorded_at, step.recorded_at)
            on conflict (instance_id) do nothing
            returning ord into placed;
            if not found then
                fate := 'exists';
                delete from orderwright.idempotency_key where key = step.key;
            end if;
        end if;

        if fate = 'applied' and has_bookings and effect ? 'posts' then
            beyond := orderwright.book(effect -> 'posts', step.recorded_at);
            if beyond is not null then
                fate := 'balance_guard ' || beyond;
                delete from orderwright.idempotency_key where key = step.key;
                if step.version = 1 then
                    delete from orderwright.instance where instance_id = step.instance_id;
                end if;
            end if;
        end if;

        if fate = 'applied' and step.version > 1 then
            update orderwright.instance as i
            set chart_version = step.chart_version, version = step.version, status = step.status, state = step.state,
                snapshot = step.snapshot, log_hash = step.hash, ord = greatest(i.ord, pg_current_xact_id()),
                updated_at = step.recorded_at
            where i.instance_id = step.instance_id and i.version = step.version - 1
                and (step.previous_hash is null or i.log_hash = step.previous_hash)
            returning i.ord into placed;
            if not found then
                fate := 'version_conflict';
            end if;
        end if;

        if fate <> 'applied' then
            broken := step.instance_id;
        end if;
        fates := fates || fate;
        placings := placings || case when fate = 'applied' then placed end;
        if fate = 'applied' and effect is not null then
            perform orderwright.apply_effects(step.instance_id, step.version, step.recorded_at, effect);
        end if;
    end loop;

    insert into orderwright.log (
        instance_id, version, event_type, event_data, facts, actor_kind, actor_id, reason, origin,
        correlation_id, causation_id, occurred_at, recorded_at, from_state, to_state, changes, hash)
    select
        s.instance_id, s.version, s.event_type, s.event_data, s.facts, s.actor_kind, s.actor_id, s.reason, s.origin,
        s.correlation_id, s.causation_id, s.occurred_at, s.recorded_at, s.from_state, s.to_state, s.changes, s.hash
    from unnest(
        placings, instance_ids, versions, event_types, event_datas, fact_texts, actor_kinds, actor_ids, reasons,
        origins, correlation_ids, causation_ids, occurred, recorded, from_states, to_states, change_texts, hashes) as s (
        placed, instance_id, version, event_type, event_data, facts, actor_kind, actor_id, reason,
        origin, correlation_id, causation_id, occurred_at, recorded_at, from_state, to_state, changes, hash)
    where s.placed is not null;

    if cardinality(emitted_items) > 0 then
        insert into orderwright.outbox (
            ord, event_id, instance_id, root_id, version, name, payload, correlation_id, causation_id,
            occurred_at, recorded_at)
        select
            placings[e.item], instance_ids[e.item] || '/' || versions[e.item] || '/' || e.number,
            instance_ids[e.item], root_ids[e.item], versions[e.item], e.name, e.payload, correlation_ids[e.item],
            instance_ids[e.item] || '/' || versions[e.item], occurred[e.item], recorded[e.item]
        from unnest(emitted_items, emitted_numbers, emitted_names, emitted_payloads) with ordinality
            as e (item, number, name, payload, place)
        where placings[e.item] is not null
        order by e.place;
    end if;

    if 'applied' = all (fates) then
        return null;
    end if;
    return fates;
end
$function$;
