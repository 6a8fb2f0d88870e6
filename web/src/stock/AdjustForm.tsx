import { Button, NumberInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import classes from "@/credit/Credit.module.css";
import { AdjustStockDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

type Props = { sku: string; location: string; onDone: () => void };

/** Sets right what was counted more or less than the books say. */
export function AdjustForm({ sku, location, onDone }: Props) {
  const [change, setChange] = useState<string | number>("");
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(AdjustStockDocument);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!(await act({ sku, location, change: Number(change), reason: reason.trim() }, "The stock is adjusted"))) return;
    setChange("");
    setReason("");
    onDone();
  }

  return (
    <form className={classes["form"]} aria-label="Adjust stock" noValidate onSubmit={(event) => void submit(event)}>
      <NumberInput
        label="Change"
        description="Pieces that were found, or are missing if it is negative"
        required
        allowDecimal={false}
        value={change}
        onChange={setChange}
      />
      <TextInput label="Reason" required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      <OutcomeNotice outcome={outcome} />
      <Button type="submit" loading={busy} disabled={change === "" || !reason.trim()}>
        Adjust
      </Button>
    </form>
  );
}
