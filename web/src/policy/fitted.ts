import { type Group, isGroup, type Rule, type Value } from "./document";
import type { Facts } from "./fact";
import { arityOf, fits, isOf, operatorsFor, sideType, startValue } from "./operator";

/** A group whose new and changed rules have values of a form that their operators can take; what stood in `before` stays as it was. */
export function fitted(group: Group, before: Group, facts: Facts, currency: string): Group {
  const kept = new Set(rulesOf(before).map(said));
  const within = (one: Group): Group => ({
    ...one,
    rules: one.rules.map((rule) => (isGroup(rule) ? within(rule) : kept.has(said(rule)) ? rule : fittedRule(rule, facts, currency))),
  });
  return within(group);
}

function fittedRule(rule: Rule, facts: Facts, currency: string): Rule {
  const fact = facts.get(rule.field);
  const operators = operatorsFor(fact?.type);
  const operator = operators.includes(rule.operator) ? rule.operator : (operators[0] ?? "==");
  const type = sideType(fact, operator);
  if (operator === rule.operator && fits(rule.value, type, operator) && isComparable(rule.value, type, operator, facts)) return rule;
  const { value: _unfit, ...rest } = rule;
  const value = startValue(type, operator, currency);
  return { ...rest, operator, ...(value === undefined ? {} : { value }) };
}

/** Tell whether another fact, if that is what stands on the right, is of the type of a rule, or a list for one of many. */
function isComparable(value: Value | undefined, type: string | undefined, operator: string, facts: Facts): boolean {
  const other = isOf(value, "fact") ? facts.get(value.fact) : undefined;
  if (other === undefined || type === undefined) return true;
  return other.type === (arityOf(operator) === "one" ? type : "list");
}

function rulesOf({ rules }: Group): Rule[] {
  return rules.flatMap((one) => (isGroup(one) ? rulesOf(one) : [one]));
}

/** What a rule says, without the editor's ids. */
function said({ field, operator, value }: Rule): string {
  return JSON.stringify([field, operator, value]);
}
