-- Lock the balances that these effects are about, in the order of their keys, after making those that are missing.
create function orderwright.lock_balances(effects text[])
returns void
language plpgsql
as $function$
begin
    insert into orderwright.balance (ledger, account, amount, updated_at)
    select distinct p.value ->> 'ledger', p.value ->> 'account', 0, 'epoch'::timestamptz
    from unnest(effects) as e (text), jsonb_array_elements(e.text::jsonb -> 'posts') as p (value)
    where p.value ? 'account'
    order by 1, 2
    on conflict (ledger, account) do nothing;

    perform 1 from orderwright.balance as b
    where (b.ledger, b.account) in (
        select p.value ->> 'ledger', p.value ->> 'account'
        from unnest(effects) as e (text), jsonb_array_elements(e.text::jsonb -> 'posts') as p (value)
        where p.value ? 'account')
    order by b.ledger, b.account
    for update;
end
$function$;
