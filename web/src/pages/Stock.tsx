import { Button } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { StockDocument, type StockRowFragment } from "@/gen/graphql";
import { usePaging } from "@/list/usePaging";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { pieces } from "@/stock/pieces";
import { WaitedFor } from "@/stock/WaitedFor";
import type { Column } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";
import { PlusIcon } from "@/ui/icons";

const PAGE = 50;
const route = getRouteApi("/inside/stock");

/** What is kept where, by SKU and location. */
export function Stock() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { search: params.q ?? null, first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: StockDocument, variables });
  useRefetchOnFocus(() => refetch({ requestPolicy: "network-only" }));
  const list = data?.stock;
  const paging = usePaging("/stock", params, list?.pageInfo);
  return (
    <ListPage
      title="Stock"
      noun="stock"
      searchHint="SKU or name"
      total={list?.totalCount}
      params={params}
      onParams={(search) => void navigate({ search, replace: true })}
      facets={[]}
      columns={COLUMNS}
      rows={list?.edges.map((edge) => edge.node)}
      keyOf={(row) => row.id}
      fetching={fetching}
      error={error && !list ? errorText(error) : undefined}
      again={() => refetch({ requestPolicy: "network-only" })}
      paging={paging}
      actions={
        <>
          <Button variant="default" renderRoot={(props) => <Link to="/stock/locations" {...props} />}>
            Locations
          </Button>
          <Receive />
        </>
      }
    />
  );
}

function Receive() {
  if (useMay("stock.receive") !== true) return null;
  return (
    <Button renderRoot={(props) => <Link to="/stock/receive" {...props} />} leftSection={<PlusIcon />}>
      Receive stock
    </Button>
  );
}

const COLUMNS: readonly Column<StockRowFragment>[] = [
  {
    key: "sku",
    heading: "SKU",
    card: "head",
    cell: ({ sku, location }) => (
      <Link to="/stock/$location/$sku" params={{ location, sku }}>
        {sku}
      </Link>
    ),
  },
  { key: "name", heading: "Name", cell: (row) => row.name },
  { key: "location", heading: "Location", card: "head", cell: (row) => row.locationName },
  { key: "onHand", heading: "On hand", align: "right", cell: (row) => pieces(row.onHand) },
  { key: "reserved", heading: "Reserved", align: "right", cell: (row) => pieces(row.reserved) },
  { key: "available", heading: "Available", align: "right", cell: (row) => pieces(row.available) },
  { key: "short", heading: "Waited for", align: "right", card: "none", cell: (row) => <WaitedFor {...row} /> },
];
