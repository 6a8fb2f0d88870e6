import type { Group, Rule, Value } from "./document";

/** A condition with what each of its parts came to; `result` is null where it is not known. */
export type Evaluated = { result: boolean | null; missing?: readonly string[] };
export type EvaluatedRule = Rule & Evaluated & { actual?: Value; expected?: Value; cause?: string; mistyped?: Readonly<Record<string, string>> };
export type EvaluatedGroup = Omit<Group, "rules"> & Evaluated & { rules: readonly (EvaluatedRule | EvaluatedGroup)[] };

const CAUSES: Readonly<Record<string, string>> = {
  missing: "it is not there",
  type: "the two are of different kinds",
  currency: "the two are in different currencies",
};

export function isEvaluatedGroup(one: EvaluatedRule | EvaluatedGroup): one is EvaluatedGroup {
  return "rules" in one;
}

/** Why a rule is not known. */
export function causeWords({ cause, mistyped }: EvaluatedRule): string {
  if (cause === "mistyped" && mistyped !== undefined) return Object.values(mistyped).join("; ");
  return cause === undefined ? "" : (CAUSES[cause] ?? cause);
}

/** The evaluations of a result, by the node of each condition. */
export function evaluationsOf(json: unknown): [string, EvaluatedGroup][] {
  const trees = typeof json === "string" ? (JSON.parse(json) as unknown) : json;
  return typeof trees === "object" && trees !== null ? (Object.entries(trees) as [string, EvaluatedGroup][]) : [];
}
