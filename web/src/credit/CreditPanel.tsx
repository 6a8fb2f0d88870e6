import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { isZero } from "@/format/money";
import { SaleCreditCheckDocument, type SaleCreditCheckQuery } from "@/gen/graphql";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Failure } from "@/ui/Said";
import classes from "./Credit.module.css";

type Check = NonNullable<SaleCreditCheckQuery["saleCreditCheck"]>;

/** An order against the credit of its customer; nothing for who may not see credit. */
export function CreditPanel({ orderId }: { orderId: string }) {
  const may = useMay("credit.read");
  const [{ data, error }, refetch] = useQuery({ query: SaleCreditCheckDocument, variables: { id: orderId }, pause: !may });
  if (error && !data)
    return (
      <Panel title="Credit">
        <Failure title="The credit could not be loaded" again={() => refetch({ requestPolicy: "network-only" })}>
          {errorText(error)}
        </Failure>
      </Panel>
    );
  return data?.saleCreditCheck ? <Known check={data.saleCreditCheck} /> : null;
}

function Known({ check }: { check: Check }) {
  const chip = check.isWithinCredit ? { label: "Within credit", tone: "good" } : { label: "Over the limit", tone: "warning" };
  return (
    <Panel title="Credit" padded>
      <Chip {...chip} />
      <dl className={classes["figures"]}>
        {rowsOf(check).map(({ label, money }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <Amount money={money} dim={isZero(money)} />
            </dd>
          </div>
        ))}
      </dl>
      <Link to="/customers/$customerId" params={{ customerId: check.customerId }}>
        Credit of the customer
      </Link>
    </Panel>
  );
}

function rowsOf(check: Check) {
  return [
    { label: "Limit", money: check.limit },
    { label: "Owed on other orders", money: check.exposure },
    { label: "Open on this order", money: check.uncovered },
    { label: "Held by this order", money: check.held },
    { label: "Over the limit by", money: check.overage },
    ...(isZero(check.approved) ? [] : [{ label: "Covered by an override", money: check.approved }]),
  ];
}
