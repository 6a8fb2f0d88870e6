import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useMay } from "@/api/permission";
import { isZero } from "@/format/money";
import { ConfirmPaymentDocument, FailPaymentDocument, type PaymentRowFragment, RefundPaymentDocument } from "@/gen/graphql";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import { fieldRefusals, isToldByFields } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { Receipt } from "./Receipt";

type Props = { row: PaymentRowFragment; again: () => void };

const UNCONFIRMED = new Set(["PENDING", "FAILED"]);

/** What can be done with a payment by who is signed in. */
export function PaymentActs({ row, again }: Props) {
  const isOpen = UNCONFIRMED.has(row.workflowState);
  const mayConfirm = useMay("payment.CONFIRM") && isOpen;
  const mayFail = useMay("payment.FAIL") && row.workflowState === "PENDING";
  const mayRefund = useMay("payment.REFUND") && !isZero(row.remaining);
  return (
    <div className={classes["acts"]}>
      {mayConfirm ? <Confirm row={row} again={again} /> : null}
      {mayFail ? <Fail row={row} again={again} /> : null}
      {mayRefund ? <Refund key={row.remaining.amount} row={row} again={again} /> : null}
      <Receipt row={row} again={again} />
    </div>
  );
}

function Confirm({ row, again }: Props) {
  const { busy, outcome, act } = useAct(ConfirmPaymentDocument);
  return (
    <div>
      <Button loading={busy} onClick={() => void act({ id: row.id }, "Confirmed").then(again)}>
        Confirm payment
      </Button>
      <OutcomeNotice outcome={outcome} />
    </div>
  );
}

function Fail({ row, again }: Props) {
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(FailPaymentDocument);
  function submit(event: FormEvent) {
    event.preventDefault();
    void act({ id: row.id, reason: reason.trim() }, "Recorded").then(again);
  }
  return (
    <details className={classes["more"]}>
      <summary>Record failure</summary>
      <form className={classes["form"]} aria-label="Record failure" onSubmit={submit}>
        <TextInput label="Reason" required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={!reason.trim()}>
          Record failure
        </Button>
      </form>
    </details>
  );
}

const REFUND_FIELDS = [{ name: "amount" }];

function Refund({ row, again }: Props) {
  const [amount, setAmount] = useState(row.remaining.amount);
  const [reason, setReason] = useState("");
  const { busy, outcome, setOutcome, act } = useAct(RefundPaymentDocument);
  function submit(event: FormEvent) {
    event.preventDefault();
    void act({ id: row.id, amount: amount.trim(), reason: reason.trim() }, "Refunded").then((done) => done && again());
  }
  return (
    <details className={classes["more"]}>
      <summary>Refund</summary>
      <form className={classes["form"]} aria-label="Refund" noValidate onSubmit={submit}>
        <TextInput
          label={`Amount in ${row.remaining.currency}`}
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
        {outcome && isToldByFields(outcome, REFUND_FIELDS) ? null : <OutcomeNotice outcome={outcome} />}
        <Button type="submit" loading={busy} disabled={!amount.trim() || !reason.trim()}>
          Refund
        </Button>
      </form>
    </details>
  );
}
