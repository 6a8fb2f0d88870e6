import type { LineRowFragment } from "@/gen/graphql";
import type { Money } from "@/format/money";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Amount } from "@/ui/Amount";
import classes from "./Lines.module.css";

type Props = { lines: readonly LineRowFragment[]; shipping: Money; total: Money };

/** What was sold, and how its total comes about. */
export function Lines({ lines, shipping, total }: Props) {
  return (
    <section aria-label="Lines">
      <DataTable label="Lines" columns={COLUMNS} rows={lines} keyOf={(line) => String(line.lineNo)} />
      <dl className={classes["totals"]}>
        <dt>Shipping</dt>
        <dd>
          <Amount money={shipping} />
        </dd>
        <dt>Total</dt>
        <dd className={classes["total"]}>
          <Amount money={total} />
        </dd>
      </dl>
    </section>
  );
}

const COLUMNS: readonly Column<LineRowFragment>[] = [
  { key: "name", heading: "Product", card: "head", cell: (line) => <Product line={line} /> },
  { key: "quantity", heading: "Quantity", align: "right", cell: (line) => line.quantity.toLocaleString("en") },
  { key: "price", heading: "Unit price", align: "right", cell: (line) => <Amount money={line.unitPrice} /> },
  { key: "discount", heading: "Discount", align: "right", cell: (line) => <Amount money={line.discount} dim /> },
  { key: "tax", heading: "Tax", align: "right", cell: (line) => <Amount money={line.tax} dim /> },
  { key: "total", heading: "Total", align: "right", cell: (line) => <Amount money={line.total} /> },
];

function Product({ line }: { line: LineRowFragment }) {
  return (
    <span className={classes["product"]}>
      {line.name} <span className={classes["sku"]}>{line.sku}</span>
    </span>
  );
}
