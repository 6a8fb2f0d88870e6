import { Button } from "@mantine/core";
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
import { Sure } from "./Sure";
import classes from "./System.module.css";
import { useAct } from "./useAct";
import { WEBHOOK_SECRET } from "./webhookSecret";

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
      {secret ? <Secret secret={secret} {...WEBHOOK_SECRET} onSeen={() => setSecret(undefined)} /> : null}
    </>
  );
}
