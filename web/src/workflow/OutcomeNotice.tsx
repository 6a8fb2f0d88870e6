import type { Outcome } from "./outcome";
import { Reasons } from "./Reasons";
import classes from "./Workflow.module.css";

const TONES = { applied: "good", refused: "bad", failed: "warning" } as const;

/** The outcome of an attempt, announced as soon as it is known. */
export function OutcomeNotice({ outcome }: { outcome: Outcome | undefined }) {
  if (!outcome) return null;
  return (
    <div
      className={classes["outcome"]}
      data-tone={TONES[outcome.kind]}
      role={outcome.kind === "applied" ? "status" : "alert"}
    >
      <strong>{outcome.message}</strong>
      {outcome.kind === "refused" ? <Reasons reasons={outcome.reasons} /> : null}
    </div>
  );
}
