import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { QuotationsDocument, type QuotationsQuery } from "@/gen/graphql";
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
const route = getRouteApi("/inside/quotations");

type Row = QuotationsQuery["quotations"]["edges"][number]["node"];

/** Every quotation, newest first. */
export function Quotations() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { filter: filterOf(params), first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: QuotationsDocument, variables });
  useRefetchOnFocus(() => refetch({ requestPolicy: "network-only" }));
  const list = data?.quotations;
  const paging = usePaging("/quotations", params, list?.pageInfo);
  return (
    <ListPage
      title="Quotations"
      noun="quotations"
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
      actions={<NewButton to="/quotations/new" label="New quotation" permission="quotation.create" />}
    />
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "number",
    heading: "Quotation",
    card: "head",
    cell: (row) => (
      <Link to="/quotations/$quotationId" params={{ quotationId: row.id }}>
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
  { key: "version", heading: "Version", card: "none", align: "right", cell: (row) => row.version },
  { key: "created", heading: "Created", cell: (row) => <Moment at={row.createdAt} /> },
  { key: "valid", heading: "Valid until", cell: (row) => (row.validUntil ? <Moment at={row.validUntil} /> : "\u2013") },
  { key: "total", heading: "Total", align: "right", cell: (row) => <Amount money={row.total} /> },
];
