import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ChargeBackPaymentDocument, type PaymentRowFragment } from "@/gen/graphql";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import { fieldRefusals, isToldByFields } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

const FIELDS = [{ name: "amount" }];

/** Records that the customer's bank has taken money back. */
export function ChargeBack({ row, again }: { row: PaymentRowFragment; again: () => void }) {
  const [amount, setAmount] = useState(row.remaining.amount);
  const [reason, setReason] = useState("");
  const { busy, outcome, setOutcome, act } = useAct(ChargeBackPaymentDocument);
  function submit(event: FormEvent) {
    event.preventDefault();
    void act({ id: row.id, amount: amount.trim(), reason: reason.trim() }, "Recorded").then((done) => {
      if (!done) return;
      // Until the page has caught up the form would still take the same back once more.
      setReason("");
      again();
    });
  }
  return (
    <details className={classes["more"]}>
      <summary>Record chargeback</summary>
      <form className={classes["form"]} aria-label="Record chargeback" noValidate onSubmit={submit}>
        <TextInput
          label={`Amount in ${row.remaining.currency}`}
          description="What the customer's bank has taken back"
          inputMode="decimal"
          required
          value={amount}
          error={fieldRefusals(outcome).get("amount")}
          onChange={(event) => {
            setAmount(event.currentTarget.value);
            setOutcome(undefined);
          }}
        />
        <TextInput label="Reason" required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        {outcome && isToldByFields(outcome, FIELDS) ? null : <OutcomeNotice outcome={outcome} />}
        <Button type="submit" loading={busy} disabled={!amount.trim() || !reason.trim()}>
          Record chargeback
        </Button>
      </form>
    </details>
  );
}
