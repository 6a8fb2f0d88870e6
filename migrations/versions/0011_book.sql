-- Change balances, all of them or none, and return null; where one would leave its bounds, return what and by how much.
-- The rows are locked, so what is read here still holds when it is written.
create function orderwright.book(posts jsonb, recorded timestamptz)
returns text
language plpgsql
as $function$
declare
    beyond text;
begin
    select json_build_object(
        'ledger', s.ledger, 'account', s.account, 'balance', s.stands - s.amount, 'amount', s.amount,
        'floor', s.floor, 'ceiling', s.ceiling)::text
    into beyond
    from (
        select
            b.ledger, b.account, p.n, (p.value ->> 'amount')::bigint as amount,
            (p.value ->> 'floor')::bigint as floor, (p.value ->> 'ceiling')::bigint as ceiling,
            b.amount + sum((p.value ->> 'amount')::bigint) over (
                partition by b.ledger, b.account order by p.n) as stands
        from jsonb_array_elements(posts) with ordinality as p (value, n)
        join orderwright.balance as b on b.ledger = p.value ->> 'ledger' and b.account = p.value ->> 'account') as s
    where s.stands < s.floor or s.stands > s.ceiling
    order by s.n
    limit 1;
    if beyond is not null then
        return beyond;
    end if;

    update orderwright.balance as b
    set amount = b.amount + s.change, updated_at = recorded
    from (
        select
            p.value ->> 'ledger' as ledger, p.value ->> 'account' as account,
            sum((p.value ->> 'amount')::bigint)::bigint as change
        from jsonb_array_elements(posts) as p (value)
        where p.value ? 'account'
        group by 1, 2) as s
    where b.ledger = s.ledger and b.account = s.account;
    return null;
end
$function$;
