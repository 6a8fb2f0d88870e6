-- Exactly what the engine writes for FREEZE on a sale (a log row with all it holds, its domain event, the instance with a
-- snapshot of that size), by prepared statements, one transaction each: what PostgreSQL itself can do with it.
-- Literals have no word or number right behind a colon: pgbench would take it for a variable.
\set n random(1, 10000)
select instance_id as id, version, snapshot, encode(log_hash, 'hex') as hash
from bench_write_instance where instance_id = 'b0a7d2e4-0000-4000-8000-' || lpad((:n)::text, 12, '0') \gset
\set next :version + 1
with changed as (
  update bench_write_instance as i
  set chart_version = 1, version = (:next)::int, status = 'active', state = 'FROZEN', snapshot = :snapshot,
      log_hash = decode(:hash, 'hex'), ord = greatest(i.ord, pg_current_xact_id()), updated_at = now()
  where instance_id = :id and version = (:version)::int
  returning ord, instance_id, root_id, version
), logged as (
  insert into bench_write_log (
    instance_id, version, event_type, event_data, facts, actor_kind, actor_id, reason, origin, correlation_id,
    causation_id, occurred_at, recorded_at, from_state, to_state, changes, hash)
  select instance_id, version, 'FREEZE', '{"reason":"measured"}', '{}', 'user', 'bench', null, 'live',
    instance_id || '/' || version, null, now(), now(), 'AWAITING_PAYMENT_METHOD', 'FROZEN',
    '{"configuration":["sale","sale.FROZEN"],"value":"FROZEN","context":{"set":{"frozen":{"reason":"measured","policy": null,"since":"2026-11-28T14.05.06.481554+00.00"}},"drop":[]},"history":{"sale.ACTIVE.WHERE_IT_STOOD":["sale.ACTIVE.OPEN.AWAITING_PAYMENT_METHOD"]}}',
    decode(:hash, 'hex')
  from changed
), emitted as (
  insert into bench_write_outbox (
    ord, event_id, instance_id, root_id, version, name, payload, correlation_id, causation_id, occurred_at,
    recorded_at)
  select ord, instance_id || '/' || version || '/1', instance_id, root_id, version, 'sale.frozen',
    '{"orderId":"' || instance_id || '","reason":"measured"}', instance_id || '/' || version,
    instance_id || '/' || version, now(), now()
  from changed
)
select count(*) from changed;
