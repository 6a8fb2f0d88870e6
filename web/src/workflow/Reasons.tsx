import { words } from "@/format/word";
import type { Reason } from "./lifecycle";
import { facts } from "./facts";
import classes from "./Workflow.module.css";

/** Why something does not happen: the message, the numbers, who can lift it. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  return (
    <ul className={classes["reasons"]}>
      {reasons.map((reason) => (
        <li key={`${reason.code} ${reason.message}`} title={reason.code}>
          {reason.message}
          <Numbers values={reason.values} />
          {reason.unblockers.length > 0 ? (
            <div className={classes["lift"]}>Can be lifted by: {reason.unblockers.map(words).join(", ")}</div>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Numbers({ values }: { values: unknown }) {
  const shown = facts(values);
  if (shown.length === 0) return null;
  return (
    <dl className={classes["facts"]}>
      {shown.map(({ name, text }) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}
