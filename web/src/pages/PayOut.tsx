import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { CompliancePage } from "@/compliance/CompliancePage";
import { PayOutVote } from "@/compliance/PayOutVote";
import { PayOutDocument, type PayOutQuery } from "@/gen/graphql";
import { Amount } from "@/ui/Amount";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/pay-outs/$payOutId");

type Known = NonNullable<PayOutQuery["payOut"]>;

/** One pay-out: how much to whom, who has consented, what holds it back. */
export function PayOut() {
  const { payOutId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: PayOutDocument, variables: { id: payOutId } });
  const payOut = data?.payOut;
  const again = () => refetch({ requestPolicy: "network-only" });
  const approval = payOut?.approval;
  return (
    <CompliancePage
      key={payOutId}
      kind="Pay-out"
      entity="PayOut"
      of="payout"
      list="/pay-outs"
      thing={payOut}
      {...{ fetching, error, again }}
      figures={payOut ? figuresOf(payOut) : []}
      others={approval ? [{ id: approval.instanceId, title: "Approval", workflow: approval }] : []}
      side={payOut && approval?.state === "PENDING" ? <PayOutVote id={payOut.id} approvers={payOut.approvers} onDone={again} /> : null}
    />
  );
}

function figuresOf(payOut: Known) {
  return [
    { label: "Amount", value: <Amount money={payOut.amount} /> },
    { label: "For", value: payOut.reason },
    { label: "Asked by", value: payOut.requestedBy.name },
    { label: "Asked", value: <Moment at={payOut.createdAt} /> },
    ...(payOut.walletAddress ? [{ label: "To", value: `${payOut.cryptoType ?? ""} ${payOut.walletAddress}` }] : []),
    ...(payOut.transactions.length > 0 ? [{ label: "Transactions", value: payOut.transactions.join(", ") }] : []),
    ...(payOut.orderId
      ? [
          {
            label: "Order",
            value: (
              <Link to="/orders/$orderId" params={{ orderId: payOut.orderId }}>
                {payOut.orderNumber}
              </Link>
            ),
          },
        ]
      : []),
    ...(payOut.userId
      ? [
          {
            label: "User",
            value: (
              <Link to="/users/$userId" params={{ userId: payOut.userId }}>
                Open the user
              </Link>
            ),
          },
        ]
      : []),
  ];
}
