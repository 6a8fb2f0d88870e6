import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { formatMoney, isZero, type Money } from "@/format/money";
import { words } from "@/format/word";
import { type LineRowFragment, type PaymentRowFragment, PaymentsOfOrderDocument } from "@/gen/graphql";
import { useOrderChanged } from "@/order/useOrderChanged";
import { Facts, type Particular } from "@/system/Facts";
import classes from "@/system/System.module.css";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Failure } from "@/ui/Said";
import { PaymentActs } from "./PaymentActs";
import { type PaidLine, paidLines } from "./parts";
import { Register } from "./Register";

type Props = { orderId: string; channel: string; outstanding: Money; lines: readonly LineRowFragment[] };

/** The payments of an order: where the money is, and what can be done with it. */
export function Payments(order: Props) {
  const mayRead = useMay("payment.read") === true;
  const variables = { orderId: order.orderId };
  const [{ data, error }, refetch] = useQuery({ query: PaymentsOfOrderDocument, variables, pause: !mayRead });
  const again = () => refetch({ requestPolicy: "network-only" });
  useOrderChanged(mayRead ? order.orderId : undefined, again);
  const mayRegister = useMay("payment.register");
  if (!mayRead) return null;
  const rows = data?.payments.edges.map(({ node }) => node) ?? [];
  const lines = paidLines(order.lines, rows);
  return (
    <Panel title="Payments" padded>
      {error && !data ? (
        <Failure title="The payments could not be loaded" again={again}>
          {errorText(error)}
        </Failure>
      ) : null}
      {data && rows.length === 0 ? <p className={classes["said"]}>Nobody has registered a payment.</p> : null}
      <ul className={classes["rows"]}>
        {rows.map((row) => (
          <Row key={row.id} row={row} lines={lines} again={again} />
        ))}
      </ul>
      {mayRegister ? <Register key={order.outstanding.amount} {...order} onDone={again} /> : null}
    </Panel>
  );
}

type RowProps = { row: PaymentRowFragment; lines: readonly PaidLine[]; again: () => void };

function Row({ row, lines, again }: RowProps) {
  return (
    <li className={classes["row"]} data-tone={row.workflowTone}>
      <div className={classes["head"]}>
        <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />
        <span className={classes["cause"]}>
          <Amount money={row.amount} />
        </span>
      </div>
      <Facts of={particulars(row, lines)} />
      <PaymentActs row={row} lines={lines} again={again} />
    </li>
  );
}

function particulars(row: PaymentRowFragment, lines: readonly PaidLine[]): Particular[] {
  const by = [row.provider && words(row.provider), row.reference].filter(Boolean).join(" ");
  return [
    ...(row.method ? [{ name: "Method", value: words(row.method) }] : []),
    ...(by ? [{ name: "Reference", value: by }] : []),
    { name: "Registered", value: <Moment at={row.createdAt} /> },
    ...(isZero(row.refunded) ? [] : [{ name: "Refunded", value: <Amount money={row.refunded} /> }]),
    ...row.refunds.map((refund) => ({ name: "Of that", value: forWhat(refund, lines) })),
    ...(isZero(row.chargedBack) ? [] : [{ name: "Charged back", value: <Amount money={row.chargedBack} /> }]),
    ...(row.remaining.amount === row.amount.amount || isZero(row.amount)
      ? []
      : [{ name: "Remaining", value: <Amount money={row.remaining} /> }]),
    ...(row.failedReason ? [{ name: "Failed", value: row.failedReason }] : []),
  ];
}

/** A refund in words: what it was for, and why. */
function forWhat({ amount, reason, lines: parts }: PaymentRowFragment["refunds"][number], lines: readonly PaidLine[]) {
  const named = parts.map(({ lineNo }) => lines.find((line) => line.lineNo === lineNo)?.name ?? `line ${lineNo}`);
  return `${formatMoney(amount)} for ${named.length > 0 ? named.join(", ") : "the sale"}: ${reason}`;
}
