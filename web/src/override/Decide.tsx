import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { formatAmount, type Money } from "@/format/money";
import { type OverrideDecision, VoteApprovalDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { Panel } from "@/templates/Panel";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import type { Reason } from "@/workflow/lifecycle";
import { Reasons } from "@/workflow/Reasons";
import { useLetters } from "./keys";
import classes from "./Override.module.css";

/** Whatever is decided by votes. */
type Request = {
  id: string;
  amount?: Money | null;
  isWhole: boolean;
  workflow: { allowedEvents: readonly { event: string }[]; blockedEvents: readonly { event: string; reasons: readonly Reason[] }[] };
};
type Props = { request: Request; onVoted: (isDecided: boolean) => void };

/** Vote for or against: `a` and `d` choose and go to the reason, Enter votes. Who may not is told why. */
export function Decide({ request, onVoted }: Props) {
  const blocked = request.workflow.blockedEvents.find(({ event }) => event === "APPROVE");
  const may = request.workflow.allowedEvents.some(({ event }) => event === "APPROVE");
  if (may) return <VoteForm request={request} onVoted={onVoted} />;
  if (!blocked) return null;
  return (
    <Panel title="You cannot vote">
      <div className={classes["body"]}>
        <Reasons reasons={blocked.reasons} />
      </div>
    </Panel>
  );
}

function VoteForm({ request, onVoted }: Props) {
  const [decision, setDecision] = useState<OverrideDecision>("APPROVE");
  const [reason, setReason] = useState("");
  const [amount, setAmount] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { busy, outcome, act } = useAct(VoteApprovalDocument);
  const choose = (chosen: OverrideDecision) => {
    setDecision(chosen);
    field.current?.focus();
  };
  useLetters({ a: () => choose("APPROVE"), d: () => choose("DENY") });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const less = decision === "APPROVE" && amount.trim() ? amount.trim() : null;
    const done = await act({ id: request.id, decision, reason: reason.trim(), approvedAmount: less }, "Your vote counts");
    if (done) onVoted(done.approval.workflowState !== "PENDING");
  }

  return (
    <Panel title="Your vote">
      <form className={classes["form"]} aria-label="Your vote" onSubmit={(event) => void submit(event)}>
        <SegmentedControl
          aria-label="Decision"
          size="sm"
          value={decision}
          onChange={(value) => setDecision(value === "DENY" ? "DENY" : "APPROVE")}
          data={[
            { value: "APPROVE", label: "Approve (a)" },
            { value: "DENY", label: "Deny (d)" },
          ]}
        />
        <TextInput
          ref={field}
          label="Reason"
          description="Kept with the vote"
          required
          autoComplete="off"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {decision === "APPROVE" && request.amount && !request.isWhole ? (
          <TextInput
            label={`Approved amount, ${request.amount.currency}`}
            description={`Leave it empty to approve all of ${formatAmount(request.amount.amount)}`}
            inputMode="decimal"
            autoComplete="off"
            value={amount}
            onChange={(event) => setAmount(event.currentTarget.value)}
          />
        ) : null}
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={!reason.trim()} color={decision === "DENY" ? "red" : "indigo"}>
          {decision === "APPROVE" ? "Approve" : "Deny"}
        </Button>
      </form>
    </Panel>
  );
}
