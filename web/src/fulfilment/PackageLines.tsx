import type { FulfilmentQuery } from "@/gen/graphql";
import { LocationName } from "@/stock/LocationName";
import { pieces } from "@/stock/pieces";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";

type Line = NonNullable<FulfilmentQuery["fulfilment"]>["lines"][number];

/** What a fulfilment holds, and where its goods were taken. */
export function PackageLines({ lines }: { lines: readonly Line[] }) {
  return <DataTable label="Lines" columns={COLUMNS} rows={lines} keyOf={(line) => String(line.lineNo)} />;
}

const COLUMNS: readonly Column<Line>[] = [
  { key: "line", heading: "Line", align: "right", card: "none", cell: (line) => line.lineNo },
  { key: "name", heading: "Product", card: "head", cell: (line) => `${line.name} (${line.sku})` },
  { key: "quantity", heading: "Pieces", align: "right", cell: (line) => pieces(line.quantity) },
  { key: "reserved", heading: "Reserved at", cell: (line) => <Reserved line={line} /> },
  { key: "short", heading: "Waits for", align: "right", cell: (line) => pieces(line.short) },
  { key: "returned", heading: "Returned", align: "right", cell: (line) => pieces(line.returned) },
];

function Reserved({ line: { isService, reserved } }: { line: Line }) {
  if (isService) return <>Service</>;
  if (reserved.length === 0) return <>{"\u2013"}</>;
  return reserved.map(({ location, quantity }, n) => (
    <span key={location}>
      {n > 0 ? ", " : ""}
      <LocationName id={location} />: {pieces(quantity)}
    </span>
  ));
}
