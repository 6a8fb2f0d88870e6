import { useMay } from "@/api/permission";
import { groupedAmounts } from "@/format/money";
import { words } from "@/format/word";
import { PolicyLink } from "@/policy/PolicyLink";
import { stoppingPolicies } from "@/policy/stopping";
import { type Fact, facts } from "./facts";
import type { Reason } from "./lifecycle";
import classes from "./Workflow.module.css";

/** Why something does not happen: the message, the policy behind it and who can lift it; the numbers on expanding. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  return (
    <ul className={classes["reasons"]}>
      {reasons.map((reason) => (
        <li key={`${reason.code} ${reason.message}`} title={reason.code}>
          {groupedAmounts(reason.message)}
          <Policies of={reason} />
          {saysWho(reason) ? null : (
            <div className={classes["lift"]}>Can be lifted by: {reason.unblockers.map(words).join(", ")}</div>
          )}
          <Numbers shown={numbersOf(reason)} />
        </li>
      ))}
    </ul>
  );
}

/** The ways to the policies that a reason names, for who may see them. */
function Policies({ of: { values } }: { of: Reason }) {
  const policies = stoppingPolicies(values);
  if (useMay("policy.read") !== true) return null;
  return policies.map((one) => (
    <div key={`${one.policy} ${one.version ?? ""}`} className={classes["lift"]}>
      <PolicyLink of={one} />
    </div>
  ));
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
