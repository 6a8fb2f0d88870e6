import { Button, FileButton } from "@mantine/core";
import { useState } from "react";
import { useMay } from "@/api/permission";
import type { PaymentRowFragment } from "@/gen/graphql";
import type { Outcome } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { uploadReceipt } from "./uploadReceipt";

/** The receipt of a payment: download it, upload one. */
export function Receipt({ row, again }: { row: PaymentRowFragment; again: () => void }) {
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const mayUpload = useMay("receipt.upload") && row.orderId;

  async function upload(file: File | null) {
    if (!file) return;
    setBusy(true);
    setOutcome(await uploadReceipt(row.id, file));
    setBusy(false);
    again();
  }

  return (
    <>
      {row.receipt ? (
        <Button component="a" variant="default" href={row.receipt.url} download>
          Download receipt
        </Button>
      ) : null}
      {mayUpload ? (
        <FileButton accept="application/pdf,image/png,image/jpeg" onChange={(file) => void upload(file)}>
          {(props) => (
            <Button {...props} variant="default" loading={busy}>
              {row.receipt ? "Replace receipt" : "Upload receipt"}
            </Button>
          )}
        </FileButton>
      ) : null}
      <OutcomeNotice outcome={outcome} />
    </>
  );
}
