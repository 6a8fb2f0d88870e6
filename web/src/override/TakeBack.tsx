import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type OverrideEvidenceFragment, RevokeOverrideDocument, WithdrawOverrideDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./Override.module.css";

const WAYS = [
  { event: "REVOKE", label: "Revoke", document: RevokeOverrideDocument },
  { event: "WITHDRAW", label: "Withdraw", document: WithdrawOverrideDocument },
] as const;

type Props = { request: OverrideEvidenceFragment; onDone: () => void };

/** Takes back what was approved, or one's own request, for who may. */
export function TakeBack({ request, onDone }: Props) {
  const allowed = new Set(request.workflow.allowedEvents.map(({ event }) => event));
  return WAYS.filter(({ event }) => allowed.has(event)).map((way) => (
    <Way key={way.event} id={request.id} way={way} onDone={onDone} />
  ));
}

function Way({ id, way, onDone }: { id: string; way: (typeof WAYS)[number]; onDone: () => void }) {
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(way.document);
  async function submit(event: FormEvent) {
    event.preventDefault();
    if (await act({ id, reason: reason.trim() }, "Done")) onDone();
  }
  return (
    <details className={classes["more"]}>
      <summary>{way.label}</summary>
      <form className={classes["form"]} aria-label={way.label} onSubmit={(event) => void submit(event)}>
        <TextInput
          label="Reason"
          required
          autoComplete="off"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" variant="default" loading={busy} disabled={!reason.trim()}>
          {way.label}
        </Button>
      </form>
    </details>
  );
}
