-- For processes of the release before, which do not say from what they computed.
create or replace function orderwright.apply_steps(
    patience integer,
    instance_ids text[], versions integer[], root_ids text[], chart_ids text[], chart_versions integer[],
    statuses text[], from_states text[], to_states text[], snapshots text[], hashes bytea[],
    event_types text[], event_datas text[], fact_texts text[], actor_kinds text[], actor_ids text[], reasons text[],
    origins text[], correlation_ids text[], causation_ids text[], occurred timestamptz[], recorded timestamptz[],
    change_texts text[], effects text[], keys text[], request_hashes bytea[], key_expiries timestamptz[],
    emitted_items integer[], emitted_numbers integer[], emitted_names text[], emitted_payloads text[],
    has_bookings boolean)
returns text[]
language sql
as $function$
select orderwright.apply_steps(
    patience, instance_ids, versions, root_ids, chart_ids, chart_versions, statuses, from_states, to_states,
    snapshots, hashes, event_types, event_datas, fact_texts, actor_kinds, actor_ids, reasons, origins,
    correlation_ids, causation_ids, occurred, recorded, change_texts, effects, keys, request_hashes,
    key_expiries, null, emitted_items, emitted_numbers, emitted_names, emitted_payloads, has_bookings)
$function$;
