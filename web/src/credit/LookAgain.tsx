import { Button } from "@mantine/core";
import { RefreshCreditDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./Credit.module.css";

/** Has the customer's orders that credit may concern look at it again. */
export function LookAgain({ customerId }: { customerId: string }) {
  const { busy, outcome, setOutcome, act } = useAct(RefreshCreditDocument);
  async function press() {
    const done = await act({ id: customerId }, "Done");
    if (done) setOutcome({ kind: "applied", message: told(done.sales) });
  }
  return (
    <div className={classes["again"]}>
      <Button variant="default" loading={busy} onClick={() => void press()}>
        Check the orders again
      </Button>
      <OutcomeNotice outcome={outcome} />
    </div>
  );
}

function told(sales: number): string {
  return sales === 1 ? "One order was checked again" : `${sales.toLocaleString("en")} orders were checked again`;
}
