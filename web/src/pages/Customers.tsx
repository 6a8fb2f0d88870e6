import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { CustomersDocument, type CustomersQuery } from "@/gen/graphql";
import type { Column } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";

const MOST = 100;
const route = getRouteApi("/inside/customers");

type Row = CustomersQuery["customers"][number];

/** Customers by name; who is not among the first hundred is found by the search. */
export function Customers() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { search: params.q ?? "", first: MOST };
  const [{ data, fetching, error }, refetch] = useQuery({ query: CustomersDocument, variables });
  const rows = data?.customers;
  return (
    <ListPage
      title="Customers"
      noun="customers"
      searchHint="Number or name"
      total={rows && rows.length < MOST ? rows.length : undefined}
      params={params}
      onParams={(search) => void navigate({ search, replace: true })}
      facets={[]}
      columns={COLUMNS}
      rows={rows}
      keyOf={(row) => row.id}
      fetching={fetching}
      error={error && !rows ? errorText(error) : undefined}
      again={() => refetch({ requestPolicy: "network-only" })}
      paging={{ onPrevious: undefined, onNext: undefined }}
    />
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "number",
    heading: "Customer",
    card: "head",
    cell: (row) => (
      <Link to="/customers/$customerId" params={{ customerId: row.id }}>
        {row.number}
      </Link>
    ),
  },
  { key: "name", heading: "Name", cell: (row) => row.name },
];
