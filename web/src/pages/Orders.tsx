import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { isZero } from "@/format/money";
import { words } from "@/format/word";
import { OrdersDocument, type OrdersQuery } from "@/gen/graphql";
import { filterOf } from "@/list/params";
import { usePaging } from "@/list/usePaging";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import type { Column } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";
import { NewButton } from "@/trade/NewButton";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";

const PAGE = 50;
const route = getRouteApi("/inside/orders");

type Row = OrdersQuery["orders"]["edges"][number]["node"];

/** Every sale order, newest first. */
export function Orders() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { filter: filterOf(params), first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: OrdersDocument, variables });
  useRefetchOnFocus(() => refetch({ requestPolicy: "network-only" }));
  const list = data?.orders;
  const paging = usePaging("/orders", params, list?.pageInfo);
  return (
    <ListPage
      title="Orders"
      noun="orders"
      searchHint="Number or customer"
      total={list?.totalCount}
      params={params}
      onParams={(search) => void navigate({ search, replace: true })}
      facets={list?.stateCounts ?? []}
      columns={COLUMNS}
      rows={list?.edges.map((edge) => edge.node)}
      keyOf={(row) => row.id}
      fetching={fetching}
      error={error && !list ? errorText(error) : undefined}
      again={() => refetch({ requestPolicy: "network-only" })}
      paging={paging}
      actions={<NewButton to="/orders/new" label="New order" permission="order.create" />}
    />
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "number",
    heading: "Order",
    card: "head",
    cell: (row) => (
      <Link to="/orders/$orderId" params={{ orderId: row.id }}>
        {row.number}
      </Link>
    ),
  },
  {
    key: "state",
    heading: "State",
    card: "head",
    cell: (row) => <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />,
  },
  { key: "customer", heading: "Customer", cell: (row) => row.customer.name },
  { key: "channel", heading: "Channel", card: "none", cell: (row) => words(row.channel) },
  { key: "placed", heading: "Placed", cell: (row) => <Moment at={row.placedAt} /> },
  { key: "total", heading: "Total", align: "right", cell: (row) => <Amount money={row.grandTotal} /> },
  {
    key: "captured",
    heading: "Captured",
    align: "right",
    cell: (row) => <Amount money={row.captured} dim={isZero(row.captured)} />,
  },
  {
    key: "outstanding",
    heading: "Outstanding",
    align: "right",
    cell: (row) => <Amount money={row.outstanding} dim={isZero(row.outstanding)} />,
  },
];
