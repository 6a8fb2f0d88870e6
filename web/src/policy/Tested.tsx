import type { TestedPolicyFragment } from "@/gen/graphql";
import { Chip } from "@/ui/Chip";
import { EvaluationTree } from "./EvaluationTree";
import { evaluationsOf } from "./evaluation";
import { factLabel, type Facts } from "./fact";
import { outcomeChip } from "./inForce";
import { configFacts } from "./inWords";
import classes from "./Policy.module.css";
import { actionLabel } from "./setting";

type Planned = { node: string; action: string; config: Record<string, unknown> };
type Props = { tested: TestedPolicyFragment; facts: Facts; trigger: string };

/** What a test came to: outcome, what would be done, each condition with what was found, what would change it. */
export function Tested({ tested, facts }: Props) {
  const actions = tested.actions as readonly Planned[];
  const possible = tested.possible as readonly Planned[];
  return (
    <div className={classes["stack"]} role="status" aria-label="Result of the test">
      <div className={classes["line"]}>
        <Chip {...outcomeChip(tested.outcome)} />
        {tested.consequence ? <span>What is not known here leads to: {tested.consequence}</span> : null}
        {tested.error ? <span>{tested.error}</span> : null}
      </div>
      <Actions title="Would be done" of={actions} />
      <Actions title="Perhaps, if more were known" of={possible} />
      {tested.missing.length > 0 ? <div>Not known: {tested.missing.map((name) => factLabel(name, facts)).join(", ")}</div> : null}
      <Trees trees={tested.trees} facts={facts} />
      <Counterfactual of={tested.counterfactual} />
      {tested.flagged.length > 0 ? <div className={classes["dim"]}>Not taken as facts: {tested.flagged.join("; ")}</div> : null}
      <Named title="Masked, so not known here" names={tested.withheld.map((name) => factLabel(name, facts))} />
      <Named title="Not on record, derived as of then" names={tested.derivedLater.map((name) => factLabel(name, facts))} />
      <Named title="Cannot be known any more" names={tested.unknowable.map((name) => factLabel(name, facts))} />
      <Named title="Lists that were not there yet, as they are now" names={tested.listsOfToday} />
    </div>
  );
}

/** What has to be said of some names; nothing where there are none. */
function Named({ title, names }: { title: string; names: readonly string[] }) {
  return names.length > 0 ? <div className={classes["dim"]}>{`${title}: ${names.join(", ")}`}</div> : null;
}

function Actions({ title, of }: { title: string; of: readonly Planned[] }) {
  if (of.length === 0) return null;
  return (
    <div>
      <strong>{title}</strong>
      <ul className={classes["rules"]}>
        {of.map((one) => (
          <li key={one.node}>
            {actionLabel(one.action)}
            <span className={classes["dim"]}> {configFacts(one).map(({ name, text }) => `${name}: ${text}`).join(" · ")}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The evaluations of a policy's conditions. */
export function Trees({ trees, facts }: { trees: unknown; facts: Facts }) {
  return evaluationsOf(trees).map(([node, tree]) => <EvaluationTree key={node} tree={tree} facts={facts} />);
}

/** What would change the outcome, in words; the ways are alternatives. */
function Counterfactual({ of }: { of: unknown }) {
  const words = typeof of === "object" && of !== null && "words" in of && typeof of.words === "string" ? of.words : "";
  if (!words) return null;
  return (
    <div>
      <strong>Otherwise:</strong> {words}
    </div>
  );
}
