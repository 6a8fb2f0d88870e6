import { getRouteApi, Link } from "@tanstack/react-router";
import { ComplianceList, standingColumns } from "@/compliance/ComplianceList";
import { type UserRowFragment, UsersDocument } from "@/gen/graphql";
import type { Column } from "@/templates/column";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/users");

/** Who uses the host's product. */
export function Users() {
  return <ComplianceList to="/users" title="Users" noun="users" searchHint="Number, e-mail or customer" query={UsersDocument} params={route.useSearch()} columns={COLUMNS} />;
}

const COLUMNS: readonly Column<UserRowFragment>[] = [
  {
    key: "number",
    heading: "User",
    card: "head",
    cell: (row) => (
      <Link to="/users/$userId" params={{ userId: row.id }}>
        {row.number}
      </Link>
    ),
  },
  ...standingColumns<UserRowFragment>(),
  { key: "email", heading: "E-mail", cell: (row) => row.email },
  { key: "country", heading: "Country", cell: (row) => row.country ?? "" },
  { key: "customer", heading: "Customer", cell: (row) => row.customerName ?? "" },
  { key: "registered", heading: "Registered", cell: (row) => <Moment at={row.registeredAt} /> },
];
