import { Button } from "@mantine/core";
import { WakePolicyDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

type Props = { id: string; type: string; entityId: string; onDone: () => void };

/** Gives a policy its say on an entity back. */
export function EndSnooze({ id, type, entityId, onDone }: Props) {
  const { busy, outcome, act } = useAct(WakePolicyDocument);
  return (
    <div>
      <Button size="compact-sm" variant="default" loading={busy} onClick={() => void act({ id, type, entityId }, "Ended").then((done) => done && onDone())}>
        End the snooze
      </Button>
      {outcome?.kind === "applied" ? null : <OutcomeNotice outcome={outcome} />}
    </div>
  );
}
