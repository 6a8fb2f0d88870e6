import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { words } from "@/format/word";
import { ExposureEntriesDocument, type ExposureEntriesQuery } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Section } from "@/system/Section";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Amount } from "@/ui/Amount";
import { Moment } from "@/ui/Moment";

const PAGE = 50;

type Props = {
  customerId: string;
  currency: string;
  after: string | undefined;
  onPrevious: (() => void) | undefined;
  onNext: (cursor: string) => void;
};
type Edge = NonNullable<ExposureEntriesQuery["exposureEntries"]>["edges"][number];

/** What the customer's orders held of the credit and let go of, the latest first. */
export function ExposureLedger({ customerId, currency, after, onPrevious, onNext }: Props) {
  const variables = { id: customerId, currency, first: PAGE, after: after ?? null };
  const [{ data, error }, refetch] = useQuery({ query: ExposureEntriesDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  const list = data?.exposureEntries;
  const end = list?.pageInfo.hasNextPage ? list.pageInfo.endCursor : undefined;
  return (
    <Section
      noun="exposure ledger"
      none="No order has held any of this credit"
      rows={list?.edges}
      error={error}
      again={again}
      paging={{ onPrevious, onNext: end ? () => onNext(end) : undefined }}
    >
      {(rows) => <DataTable label="Exposure ledger" columns={COLUMNS} rows={rows} keyOf={(row) => row.cursor} />}
    </Section>
  );
}

const COLUMNS: readonly Column<Edge>[] = [
  {
    key: "order",
    heading: "Order",
    card: "head",
    cell: ({ node }) => (
      <Link to="/orders/$orderId" params={{ orderId: node.orderId }}>
        {node.orderNumber}
      </Link>
    ),
  },
  { key: "kind", heading: "What", cell: ({ node }) => words(node.kind) },
  { key: "amount", heading: "Amount", align: "right", cell: ({ node }) => <Amount money={node.amount} /> },
  { key: "at", heading: "When", cell: ({ node }) => <Moment at={node.recordedAt} /> },
];
