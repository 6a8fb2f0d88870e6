import type { Reason } from "./lifecycle";
import type { Outcome } from "./outcome";
import { Reasons } from "./Reasons";
import classes from "./Workflow.module.css";

const TONES = { applied: "good", refused: "bad", failed: "warning" } as const;

/** The outcome of an attempt, announced as soon as it is known. */
export function OutcomeNotice({ outcome }: { outcome: Outcome | undefined }) {
  if (!outcome) return null;
  const reasons = outcome.kind === "refused" ? outcome.reasons.filter((reason) => saysMore(reason, outcome)) : [];
  return (
    <div
      className={classes["outcome"]}
      data-tone={TONES[outcome.kind]}
      role={outcome.kind === "applied" ? "status" : "alert"}
    >
      <strong>{outcome.message}</strong>
      {reasons.length > 0 ? <Reasons reasons={reasons} /> : null}
    </div>
  );
}

/** A refusal for one reason has its message already. */
function saysMore(reason: Reason, { message }: Outcome): boolean {
  return reason.message !== message || reason.unblockers.length > 0;
}
