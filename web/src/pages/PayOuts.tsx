import { getRouteApi, Link } from "@tanstack/react-router";
import { ComplianceList, standingColumns } from "@/compliance/ComplianceList";
import { type PayOutRowFragment, PayOutsDocument } from "@/gen/graphql";
import type { Column } from "@/templates/column";
import { Amount } from "@/ui/Amount";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/pay-outs");

/** Money on its way out. */
export function PayOuts() {
  return <ComplianceList to="/pay-outs" title="Pay-outs" noun="pay-outs" searchHint="Number or order" query={PayOutsDocument} params={route.useSearch()} columns={COLUMNS} />;
}

const COLUMNS: readonly Column<PayOutRowFragment>[] = [
  {
    key: "number",
    heading: "Pay-out",
    card: "head",
    cell: (row) => (
      <Link to="/pay-outs/$payOutId" params={{ payOutId: row.id }}>
        {row.number}
      </Link>
    ),
  },
  ...standingColumns<PayOutRowFragment>(),
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
  { key: "reason", heading: "For", card: "none", cell: (row) => row.reason },
  { key: "amount", heading: "Amount", align: "right", cell: (row) => <Amount money={row.amount} /> },
  { key: "by", heading: "Asked by", cell: (row) => row.requestedBy.name },
  { key: "created", heading: "Asked", cell: (row) => <Moment at={row.createdAt} /> },
];
