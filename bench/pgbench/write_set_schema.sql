-- What `write_set.sql` writes: tables with every column and index of ours, and 10,000 instances as the engine stores a sale.
drop table if exists bench_write_instance, bench_write_log, bench_write_outbox;
create table bench_write_instance (like orderwright.instance including all) with (fillfactor = 70);
create table bench_write_log (like orderwright.log including all);
create table bench_write_outbox (like orderwright.outbox including all);
insert into bench_write_instance
select i.id, 'sale', 1, i.id, 1, 'active', 'AWAITING_PAYMENT_METHOD',
    '{"chart":"sale","version":1,"hash":"4bdee3b2b1f567f9","configuration":["sale","sale.FROZEN"],"value":"FROZEN",'
    || '"status":"active","context":{"orderId":"' || i.id || '","number":"SO-000001","channel":"CONSUMER",'
    || '"customerId":"c0","currency":"EUR","grandTotalMinor":10000,"refundedLinesMinor":0,"method":null,'
    || '"capturedMinor":0,"payments":{},"attempt":null,"overrides":{},"clearance":0,'
    || '"clearedAt":null,"expiresAt":"2026-11-29T14:05:06.340974+00:00","isDecided":true,"frozen":{"reason":"measured","policy":null,'
    || '"since":"2026-11-28T14:05:06.481554+00:00"},"isShipped":false,"fulfilments":{},"closedReason":null},"history":'
    || '{"sale.ACTIVE.WHERE_IT_STOOD":["sale.ACTIVE.OPEN.AWAITING_PAYMENT_METHOD"]}}',
    sha256(i.id::bytea), pg_current_xact_id(), now(), now()
from (select 'b0a7d2e4-0000-4000-8000-' || lpad(n::text, 12, '0') as id from generate_series(1, 10000) as n) as i;
vacuum analyze bench_write_instance;
