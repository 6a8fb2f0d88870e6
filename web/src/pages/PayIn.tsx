import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { CompliancePage } from "@/compliance/CompliancePage";
import { words } from "@/format/word";
import { PayInDocument, type PayInQuery } from "@/gen/graphql";
import classes from "@/policy/Policy.module.css";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/pay-ins/$payInId");

type Known = NonNullable<PayInQuery["payIn"]>;

/** One pay-in: what was expected, what has arrived, what holds it back. */
export function PayIn() {
  const { payInId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: PayInDocument, variables: { id: payInId } });
  const payIn = data?.payIn;
  return (
    <CompliancePage
      key={payInId}
      kind="Pay-in"
      entity="PayIn"
      of="payin"
      list="/pay-ins"
      thing={payIn}
      {...{ fetching, error }}
      again={() => refetch({ requestPolicy: "network-only" })}
      figures={payIn ? figuresOf(payIn) : []}
      story={payIn ? <Receipts of={payIn} /> : null}
    />
  );
}

function figuresOf(payIn: Known) {
  return [
    { label: "Expected", value: <Amount money={payIn.expected} /> },
    { label: "Received", value: <Amount money={payIn.received} /> },
    { label: "Method", value: words(payIn.method) },
    { label: "Sent by", value: payIn.sender ?? "Not known" },
    ...(payIn.orderId
      ? [
          {
            label: "Order",
            value: (
              <Link to="/orders/$orderId" params={{ orderId: payIn.orderId }}>
                {payIn.orderNumber}
              </Link>
            ),
          },
        ]
      : []),
    ...(payIn.userId
      ? [
          {
            label: "User",
            value: (
              <Link to="/users/$userId" params={{ userId: payIn.userId }}>
                Open the user
              </Link>
            ),
          },
        ]
      : []),
    { label: "Begun", value: <Moment at={payIn.createdAt} /> },
  ];
}

function Receipts({ of }: { of: Known }) {
  if (of.receipts.length === 0) return null;
  return (
    <Panel title="Transfers that have arrived">
      <ul className={classes["rows"]}>
        {of.receipts.map(({ reference, amount }) => (
          <li key={reference} className={classes["line"]}>
            <span>{reference}</span>
            <span className={classes["end"]}>
              <Amount money={amount} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
