import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useMay } from "@/api/permission";
import { isZero } from "@/format/money";
import { ConfirmPaymentDocument, FailPaymentDocument, type PaymentRowFragment } from "@/gen/graphql";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { ChargeBack } from "./ChargeBack";
import type { PaidLine } from "./parts";
import { Receipt } from "./Receipt";
import { Refund } from "./Refund";

type Props = { row: PaymentRowFragment; again: () => void };

const UNCONFIRMED = new Set(["PENDING", "FAILED"]);

/** What can be done with a payment by who is signed in. */
export function PaymentActs({ row, lines, again }: Props & { lines: readonly PaidLine[] }) {
  const isOpen = UNCONFIRMED.has(row.workflowState);
  const mayConfirm = useMay("payment.CONFIRM") && isOpen;
  const mayFail = useMay("payment.FAIL") && row.workflowState === "PENDING";
  const isHere = !isZero(row.remaining);
  const mayRefund = useMay("payment.REFUND") && isHere;
  const mayChargeBack = useMay("payment.CHARGE_BACK") && isHere;
  return (
    <div className={classes["acts"]}>
      {mayConfirm ? <Confirm row={row} again={again} /> : null}
      {mayFail ? <Fail row={row} again={again} /> : null}
      {mayRefund ? <Refund key={`refund ${row.remaining.amount}`} row={row} lines={lines} again={again} /> : null}
      {mayChargeBack ? <ChargeBack key={`chargeback ${row.remaining.amount}`} row={row} again={again} /> : null}
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
