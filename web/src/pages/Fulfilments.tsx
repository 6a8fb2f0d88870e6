import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { wantedOf } from "@/fulfilment/work";
import { WorkTabs } from "@/fulfilment/WorkTabs";
import { type FulfilmentRowFragment, FulfilmentsDocument } from "@/gen/graphql";
import { usePaging } from "@/list/usePaging";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { LocationName } from "@/stock/LocationName";
import { pieces } from "@/stock/pieces";
import type { Column } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";

const PAGE = 50;
const route = getRouteApi("/inside/fulfilments");

/** Every fulfilment, the newest first; or the work of the warehouse, the oldest first. */
export function Fulfilments() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { filter: wantedOf(params), first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: FulfilmentsDocument, variables });
  useRefetchOnFocus(() => refetch({ requestPolicy: "network-only" }));
  const list = data?.fulfilments;
  const paging = usePaging("/fulfilments", params, list?.pageInfo);
  return (
    <ListPage
      title={params.sku ? `Fulfilments that wait for ${params.sku}` : "Fulfilments"}
      noun="fulfilments"
      searchHint="Fulfilment or order"
      total={list?.totalCount}
      params={params}
      onParams={(search) => void navigate({ search, replace: true })}
      tabs={<WorkTabs chosen={params.work} />}
      facets={params.work ? [] : (list?.stateCounts ?? [])}
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

const COLUMNS: readonly Column<FulfilmentRowFragment>[] = [
  {
    key: "number",
    heading: "Fulfilment",
    card: "head",
    cell: (row) => (
      <Link to="/fulfilments/$fulfilmentId" params={{ fulfilmentId: row.id }}>
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
  {
    key: "order",
    heading: "Order",
    cell: (row) => (
      <Link to="/orders/$orderId" params={{ orderId: row.orderId }}>
        {row.order.number}
      </Link>
    ),
  },
  { key: "lines", heading: "Lines", cell: (row) => row.lines.map(({ sku, quantity }) => `${pieces(quantity)} × ${sku}`).join(", ") },
  { key: "location", heading: "Location", cell: (row) => <LocationName id={row.location} /> },
  { key: "short", heading: "Waits for", align: "right", cell: (row) => pieces(row.lines.reduce((sum, line) => sum + line.short, 0)) },
  { key: "tracking", heading: "Tracking", card: "none", cell: (row) => row.tracking ?? "\u2013" },
  { key: "created", heading: "Created", cell: (row) => <Moment at={row.createdAt} /> },
];
