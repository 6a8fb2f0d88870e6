import { Link } from "@tanstack/react-router";
import { words } from "@/format/word";
import type { ShelfQuery } from "@/gen/graphql";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Paging, type PagingProps } from "@/templates/Paging";
import { Empty } from "@/ui/Said";
import { Moment } from "@/ui/Moment";
import { change } from "./pieces";

type Movement = ShelfQuery["stockMovements"]["edges"][number]["node"];

/** What came to a SKU at a location and went, the latest first. */
export function Movements({ rows, paging }: { rows: readonly Movement[]; paging: PagingProps }) {
  if (rows.length === 0) return <Empty title="Nothing has moved here" />;
  return (
    <>
      <DataTable label="Movements" columns={COLUMNS} rows={rows} keyOf={(row) => row.id} />
      <Paging {...paging} />
    </>
  );
}

const COLUMNS: readonly Column<Movement>[] = [
  { key: "kind", heading: "What", card: "head", cell: (row) => words(row.kind) },
  { key: "of", heading: "Of", cell: (row) => words(row.of) },
  { key: "quantity", heading: "Pieces", align: "right", cell: (row) => change(row.quantity) },
  { key: "about", heading: "Order or reference", cell: (row) => <About row={row} /> },
  { key: "at", heading: "When", cell: (row) => <Moment at={row.recordedAt} /> },
];

function About({ row }: { row: Movement }) {
  if (!row.orderId) return <>{row.reference ?? "\u2013"}</>;
  return (
    <Link to="/orders/$orderId" params={{ orderId: row.orderId }}>
      {row.orderNumber}
    </Link>
  );
}
