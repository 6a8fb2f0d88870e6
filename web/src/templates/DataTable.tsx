import { type Column } from "./column";
import classes from "./DataTable.module.css";

type Props<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  fetching?: boolean;
};

/**
 * A table that turns its rows into cards on a narrow screen.
 * The roles are said aloud because the cards' `display` would take them away.
 */
export function DataTable<Row>({ label, columns, rows, keyOf, fetching = false }: Props<Row>) {
  return (
    <div className={classes["frame"]} data-fetching={fetching || undefined}>
      <table className={classes["table"]} role="table" aria-label={label} aria-busy={fetching}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.key} role="columnheader" scope="col" data-align={column.align}>
                {column.heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <Cells key={keyOf(row)} columns={columns} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cells<Row>({ columns, row }: { columns: readonly Column<Row>[]; row: Row }) {
  return (
    <tr role="row">
      {columns.map((column) => (
        <td
          key={column.key}
          role="cell"
          data-align={column.align}
          data-card={column.card ?? "line"}
          data-heading={column.heading}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}
