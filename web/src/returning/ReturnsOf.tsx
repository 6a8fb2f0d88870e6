import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { type ReturnRowFragment, ReturnsOfFulfilmentDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { useOrderChanged } from "@/order/useOrderChanged";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { linesText } from "./lines";

/** What came back of a fulfilment of an order; nothing where nothing did. */
export function ReturnsOf({ fulfilmentId, orderId }: { fulfilmentId: string; orderId: string }) {
  const [{ data }, reexecute] = useQuery({ query: ReturnsOfFulfilmentDocument, variables: { fulfilmentId } });
  const refetch = () => reexecute({ requestPolicy: "network-only" });
  useOrderChanged(orderId, refetch);
  useRefetchOnFocus(refetch);
  const rows = data?.returns.edges.map(({ node }) => node) ?? [];
  if (rows.length === 0) return null;
  return <DataTable label="Returns" columns={COLUMNS} rows={rows} keyOf={(row) => row.id} />;
}

const COLUMNS: readonly Column<ReturnRowFragment>[] = [
  {
    key: "number",
    heading: "Return",
    card: "head",
    cell: (row) => (
      <Link to="/returns" search={{ return: row.id }}>
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
  { key: "lines", heading: "Lines", cell: (row) => linesText(row.lines) },
  { key: "reason", heading: "Reason", cell: (row) => row.reason },
  { key: "worth", heading: "Refunded", align: "right", cell: (row) => (row.worth ? <Amount money={row.worth} /> : "\u2013") },
];
