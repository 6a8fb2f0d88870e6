import { Button, Popover } from "@mantine/core";
import { useState } from "react";
import {
  DeleteWebhookDocument,
  PauseWebhookDocument,
  ResumeWebhookDocument,
  RotateWebhookSecretDocument,
  type WebhookRowFragment,
} from "@/gen/graphql";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { Secret } from "./Secret";
import classes from "./System.module.css";
import { useAct } from "./useAct";

/** What can be done with a subscription; what cannot be taken back asks once more. */
export function WebhookActs({ row, again }: { row: WebhookRowFragment; again: () => void }) {
  const pause = useAct(PauseWebhookDocument);
  const resume = useAct(ResumeWebhookDocument);
  const rotate = useAct(RotateWebhookSecretDocument);
  const remove = useAct(DeleteWebhookDocument);
  const [secret, setSecret] = useState<string>();
  const turn = row.pausedAt ? resume : pause;
  const wrong = [pause, resume, rotate, remove].map(({ outcome }) => outcome).find((one) => one && one.kind !== "applied");
  return (
    <>
      <div className={classes["acts"]}>
        <Button variant="default" loading={turn.busy} onClick={() => void turn.act({ id: row.id }, "Done").then(again)}>
          {row.pausedAt ? "Resume" : "Pause"}
        </Button>
        <Sure
          label="New secret"
          question="The old secret ends at once."
          busy={rotate.busy}
          onSure={() => void rotate.act({ id: row.id }, "Done").then((done) => setSecret(done?.secret))}
        />
        <Sure
          label="Remove"
          question="What waits for it is lost."
          busy={remove.busy}
          onSure={() => void remove.act({ id: row.id }, "Removed").then(again)}
        />
      </div>
      <OutcomeNotice outcome={wrong} />
      {secret ? <Secret secret={secret} onSeen={() => setSecret(undefined)} /> : null}
    </>
  );
}

type SureProps = { label: string; question: string; busy: boolean; onSure: () => void };

function Sure({ label, question, busy, onSure }: SureProps) {
  const [asking, setAsking] = useState(false);
  return (
    <Popover opened={asking} onChange={setAsking} withinPortal={false} trapFocus returnFocus position="bottom-start">
      <Popover.Target>
        <Button variant="default" loading={busy} onClick={() => setAsking(!asking)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <p className={classes["said"]}>{question}</p>
        <div className={classes["sure"]}>
          <Button
            color="red"
            onClick={() => {
              setAsking(false);
              onSure();
            }}
          >
            {label}
          </Button>
          <Button variant="default" onClick={() => setAsking(false)}>
            Leave it
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
