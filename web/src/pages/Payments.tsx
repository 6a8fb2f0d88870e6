import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { words } from "@/format/word";
import { type PaymentRowFragment, PaymentsDocument } from "@/gen/graphql";
import { filterOf } from "@/list/params";
import { usePaging } from "@/list/usePaging";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import type { Column } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";

const PAGE = 50;
const route = getRouteApi("/inside/payments");

/** Every payment, newest first; money that nobody has registered is among them. */
export function Payments() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { ...filterOf(params), first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: PaymentsDocument, variables });
  useRefetchOnFocus(() => refetch({ requestPolicy: "network-only" }));
  const list = data?.payments;
  const paging = usePaging("/payments", params, list?.pageInfo);
  return (
    <ListPage
      title="Payments"
      noun="payments"
      searchHint="Order or reference"
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
    />
  );
}

const COLUMNS: readonly Column<PaymentRowFragment>[] = [
  { key: "order", heading: "Order", card: "head", cell: (row) => <OfOrder row={row} /> },
  {
    key: "state",
    heading: "State",
    card: "head",
    cell: (row) => <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />,
  },
  { key: "method", heading: "Method", cell: (row) => (row.method ? words(row.method) : "\u2013") },
  { key: "reference", heading: "Reference", cell: (row) => row.reference ?? "\u2013" },
  { key: "created", heading: "Registered", cell: (row) => <Moment at={row.createdAt} /> },
  { key: "remaining", heading: "Remaining", align: "right", card: "none", cell: (row) => <Amount money={row.remaining} dim /> },
  { key: "amount", heading: "Amount", align: "right", cell: (row) => <Amount money={row.amount} /> },
];

function OfOrder({ row }: { row: PaymentRowFragment }) {
  if (!row.orderId) return <>No order</>;
  return (
    <Link to="/orders/$orderId" params={{ orderId: row.orderId }}>
      {row.orderNumber}
    </Link>
  );
}
