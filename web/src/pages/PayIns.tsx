import { getRouteApi, Link } from "@tanstack/react-router";
import { ComplianceList, standingColumns } from "@/compliance/ComplianceList";
import { words } from "@/format/word";
import { type PayInRowFragment, PayInsDocument } from "@/gen/graphql";
import type { Column } from "@/templates/column";
import { Amount } from "@/ui/Amount";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/pay-ins");

/** Money on its way in. */
export function PayIns() {
  return <ComplianceList to="/pay-ins" title="Pay-ins" noun="pay-ins" searchHint="Number, order or reference" query={PayInsDocument} params={route.useSearch()} columns={COLUMNS} />;
}

const COLUMNS: readonly Column<PayInRowFragment>[] = [
  {
    key: "number",
    heading: "Pay-in",
    card: "head",
    cell: (row) => (
      <Link to="/pay-ins/$payInId" params={{ payInId: row.id }}>
        {row.number}
      </Link>
    ),
  },
  ...standingColumns<PayInRowFragment>(),
  {
    key: "order",
    heading: "Order",
    cell: (row) =>
      row.orderId ? (
        <Link to="/orders/$orderId" params={{ orderId: row.orderId }}>
          {row.orderNumber}
        </Link>
      ) : (
        ""
      ),
  },
  { key: "method", heading: "Method", cell: (row) => words(row.method) },
  { key: "expected", heading: "Expected", align: "right", cell: (row) => <Amount money={row.expected} /> },
  { key: "received", heading: "Received", align: "right", cell: (row) => <Amount money={row.received} /> },
  { key: "created", heading: "Begun", cell: (row) => <Moment at={row.createdAt} /> },
];
