import { groupedAmounts } from "@/format/money";
import { words } from "@/format/word";
import { type Fact, facts } from "./facts";
import type { Reason } from "./lifecycle";
import classes from "./Workflow.module.css";

/** Why something does not happen: the message and who can lift it; the numbers on expanding. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  return (
    <ul className={classes["reasons"]}>
      {reasons.map((reason) => (
        <li key={`${reason.code} ${reason.message}`} title={reason.code}>
          {groupedAmounts(reason.message)}
          {saysWho(reason) ? null : (
            <div className={classes["lift"]}>Can be lifted by: {reason.unblockers.map(words).join(", ")}</div>
          )}
          <Numbers shown={numbersOf(reason)} />
        </li>
      ))}
    </ul>
  );
}

function Numbers({ shown }: { shown: readonly Fact[] }) {
  if (shown.length === 0) return null;
  return (
    <details className={classes["numbers"]}>
      <summary>Details</summary>
      <dl className={classes["facts"]}>
        {shown.map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** A missing role is named in the message already. */
function saysWho({ message, unblockers }: Reason): boolean {
  return unblockers.every((who) => message.includes(who));
}

/** The values, without the words and the people that are shown anyway. */
function numbersOf({ message, values, unblockers }: Reason): Fact[] {
  const known = new Set([unblockers.join(", ")]);
  return facts(values).filter(({ text }) => !known.has(text) && (/^[\d.,]+$/.test(text) || !message.includes(text)));
}
