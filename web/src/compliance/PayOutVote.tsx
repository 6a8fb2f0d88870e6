import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMay } from "@/api/permission";
import { type PayOutDecision, VotePayOutDocument } from "@/gen/graphql";
import classes from "@/policy/Policy.module.css";
import { useAct } from "@/system/useAct";
import { Panel } from "@/templates/Panel";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

/** Says yes or no to a pay-out, for who may; the server says why not to the others. */
export function PayOutVote({ id, approvers, onDone }: { id: string; approvers: number; onDone: () => void }) {
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(VotePayOutDocument);
  if (useMay("payout.vote") !== true) return null;
  const vote = (decision: PayOutDecision) => void act({ id, decision, reason: reason.trim() }, "Voted").then((done) => done && onDone());
  return (
    <Panel title="Vote" padded>
      <div className={classes["stack"]}>
        <span>
          {approvers === 1 ? "One vote in favour is" : `${approvers} votes in favour are`} needed, not by who has asked.
        </span>
        <TextInput label="Reason" required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <OutcomeNotice outcome={outcome} />
        <div className={classes["tools"]}>
          <Button loading={busy} disabled={!reason.trim()} onClick={() => vote("APPROVE")}>
            Approve
          </Button>
          <Button variant="default" loading={busy} disabled={!reason.trim()} onClick={() => vote("DENY")}>
            Deny
          </Button>
        </div>
      </div>
    </Panel>
  );
}
