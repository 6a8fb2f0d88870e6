import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import classes from "@/case/Case.module.css";
import { words } from "@/format/word";
import { lineChoices } from "@/fulfilment/lineChoices";
import { FulfilmentDocument, type FulfilmentQuery, type ReturnRowFragment } from "@/gen/graphql";
import { useOrderChanged } from "@/order/useOrderChanged";
import { pieces } from "@/stock/pieces";
import { Facts } from "@/system/Facts";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Failure } from "@/ui/Said";
import { Events } from "@/workflow/Events";
import { TransitionLog } from "@/workflow/TransitionLog";

type Props = { row: ReturnRowFragment; again: () => void };

const OPEN = new Set(["REQUESTED", "RECEIVED"]);

/** One return: what comes back and why; and, while it is open, what can be done with the fulfilment that it is of. */
export function ReturnDetail({ row, again }: Props) {
  const [{ data, error }, reexecute] = useQuery({ query: FulfilmentDocument, variables: { id: row.fulfilmentId } });
  const refetch = () => reexecute({ requestPolicy: "network-only" });
  useOrderChanged(row.orderId, () => {
    refetch();
    again();
  });
  return (
    <article aria-label={`Return ${row.number}`}>
      <header className={classes["head"]}>
        <div className={classes["name"]}>
          <h2>{row.number}</h2>
          <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />
        </div>
        <Facts of={particulars(row, data?.fulfilment?.number)} />
      </header>
      {error && !data ? (
        <Failure title="The fulfilment could not be loaded" again={refetch}>
          {errorText(error)}
        </Failure>
      ) : null}
      <div className={classes["columns"]}>
        <div className={classes["stack"]}>
          <DataTable label="Lines" columns={COLUMNS} rows={row.lines} keyOf={(line) => String(line.lineNo)} />
          <History of={data} />
        </div>
        <div className={`${classes["stack"]} ${classes["side"]}`}>{OPEN.has(row.workflowState) ? <Acts of={data} returnId={row.id} /> : null}</div>
      </div>
    </article>
  );
}

function Acts({ of, returnId }: { of: FulfilmentQuery | undefined; returnId: string }) {
  const lifecycle = lifecycleOf(of);
  const lines = of?.fulfilment?.lines;
  const choices = useMemo(() => lineChoices(lines ?? []), [lines]);
  if (!lifecycle) return null;
  return <Events key={lifecycle.id} of="fulfilment" lifecycle={lifecycle} choices={choices} added={{ returnId }} />;
}

function History({ of }: { of: FulfilmentQuery | undefined }) {
  const lifecycle = lifecycleOf(of);
  if (!lifecycle) return null;
  return (
    <Panel title="What happened">
      <TransitionLog lifecycles={[lifecycle]} moment={undefined} onMoment={nothing} onShow={nothing} />
    </Panel>
  );
}

function lifecycleOf(of: FulfilmentQuery | undefined) {
  if (!of?.fulfilment || !of.fulfilmentWorkflow) return undefined;
  return { id: of.fulfilment.id, title: of.fulfilment.number, workflow: of.fulfilmentWorkflow };
}

function particulars(row: ReturnRowFragment, fulfilment: string | undefined) {
  return [
    { name: "Reason", value: row.reason },
    ...(row.rejectedReason ? [{ name: "Rejected", value: row.rejectedReason }] : []),
    { name: "Order", value: <Link to="/orders/$orderId" params={{ orderId: row.orderId }}>{row.orderNumber}</Link> },
    {
      name: "Fulfilment",
      value: (
        <Link to="/fulfilments/$fulfilmentId" params={{ fulfilmentId: row.fulfilmentId }}>
          {fulfilment ?? "Open"}
        </Link>
      ),
    },
    { name: "Requested", value: <Moment at={row.createdAt} /> },
    ...(row.worth ? [{ name: "Refunded", value: <Amount money={row.worth} /> }] : []),
  ];
}

const COLUMNS: readonly Column<ReturnRowFragment["lines"][number]>[] = [
  { key: "line", heading: "Line", align: "right", card: "none", cell: (line) => line.lineNo },
  { key: "sku", heading: "SKU", card: "head", cell: (line) => line.sku },
  { key: "quantity", heading: "Pieces", align: "right", cell: (line) => pieces(line.quantity) },
  { key: "condition", heading: "Condition", cell: (line) => (line.condition ? words(line.condition) : "\u2013") },
];

function nothing(): void {}
