import { Chip } from "@/ui/Chip";
import { causeWords, type EvaluatedGroup, type EvaluatedRule, isEvaluatedGroup } from "./evaluation";
import type { Facts } from "./fact";
import { groupHead, ruleParts, valueWords } from "./inWords";
import { answerWord } from "./light";
import classes from "./Policy.module.css";
import { RuleWords } from "./PolicyWords";

/** A condition with what each part of it came to, and what was found there. */
export function EvaluationTree({ tree, facts }: { tree: EvaluatedGroup; facts: Facts }) {
  return (
    <ul className={classes["tree"]}>
      <Branch of={tree} facts={facts} />
    </ul>
  );
}

function Branch({ of, facts }: { of: EvaluatedRule | EvaluatedGroup; facts: Facts }) {
  if (!isEvaluatedGroup(of)) return <Leaf of={of} facts={facts} />;
  return (
    <li>
      <span className={classes["leaf"]}>
        <Answer result={of.result} />
        {groupHead(of)}
      </span>
      <ul className={classes["tree"]}>
        {of.rules.map((one, n) => (
          // oxlint-disable-next-line react/no-array-index-key -- rules have no names
          <Branch key={n} of={one} facts={facts} />
        ))}
      </ul>
    </li>
  );
}

function Leaf({ of, facts }: { of: EvaluatedRule; facts: Facts }) {
  const cause = causeWords(of);
  return (
    <li className={classes["leaf"]}>
      <Answer result={of.result} />
      <RuleWords {...ruleParts(of, facts)} />
      <span className={classes["found"]}>
        {of.actual === undefined ? null : `found ${valueWords(of.actual, facts)}`}
        {cause ? `${of.actual === undefined ? "" : "; "}${cause}` : null}
      </span>
    </li>
  );
}

const TONES = { true: "good", false: "neutral", null: "warning" } as const;

function Answer({ result }: { result: boolean | null }) {
  return <Chip label={answerWord(result)} tone={TONES[`${result}`]} />;
}
