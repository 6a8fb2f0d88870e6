import { formatMoney } from "@/format/money";
import { words } from "@/format/word";
import { type ActionNode, type Group, isGroup, isMoneyValue, type PolicyDocument, type Rule, isThreshold, type Value } from "./document";
import { factLabel, type Facts } from "./fact";
import { isOf, operatorWords } from "./operator";

/** A rule as people read it, in its three parts. */
export type Said = { field: string; operator: string; value: string };

export function ruleParts({ field, operator, value }: Rule, facts: Facts): Said {
  const said = operator === "between" ? pairWords(value, facts) : value === undefined ? "" : valueWords(value, facts);
  return { field: factLabel(field, facts), operator: operatorWords(operator), value: said };
}

export function ruleWords(rule: Rule, facts: Facts): string {
  const { field, operator, value } = ruleParts(rule, facts);
  return [field, operator, value].filter(Boolean).join(" ");
}

/** A whole condition in one sentence; groups within stand in brackets. */
export function groupWords(group: Group, facts: Facts): string {
  const parts = group.rules.map((one) => (isGroup(one) ? `(${groupWords(one, facts)})` : ruleWords(one, facts)));
  const joined = parts.join(group.combinator === "or" ? " or " : " and ");
  return group.not ? `not (${joined})` : joined;
}

/** What must hold of the members of a group. */
export function groupHead({ combinator, not = false, rules }: Group): string {
  if (rules.length === 1) return not ? "This does not hold" : "This holds";
  const all = combinator !== "or";
  if (not) return all ? "Not all of these hold" : "None of these holds";
  return all ? "All of these hold" : "At least one of these holds";
}

export function valueWords(value: Value | undefined, facts: Facts): string {
  if (value === undefined) return "";
  if (value === null) return "nothing";
  if (isMoneyValue(value)) return formatMoney({ amount: value.money, currency: value.currency });
  if (isOf(value, "decimal")) return value.decimal;
  if (isOf(value, "fact")) return factLabel(value.fact, facts);
  if (isOf(value, "list")) return `the list ${words(value.list).toLowerCase()}`;
  if (Array.isArray(value)) return value.map((item: Value) => valueWords(item, facts)).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? `“${value}”` : typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 20 }) : JSON.stringify(value);
}

function pairWords(value: Value | undefined, facts: Facts): string {
  return Array.isArray(value) ? value.map((item: Value) => valueWords(item, facts)).join(" and ") : valueWords(value, facts);
}

/** What sets a policy off; `labels` are the server's words for its triggers. */
export function triggerWords(trigger: PolicyDocument["trigger"], labels: ReadonlyMap<string, string>): string {
  const label = (name: string) => labels.get(name) ?? words(name);
  if (!isThreshold(trigger)) return label(trigger);
  const { aggregate, of, key, window, threshold } = trigger;
  const figure = aggregate === "sum" ? "sum" : "number";
  return `${label(of)}: ${figure} by ${key} within ${window} reaches ${valueWords(threshold, new Map())}`;
}

/** What an action is told, in the order of its config. */
export function configFacts({ config }: Pick<ActionNode, "config">): { name: string; text: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name: words(name), text: settingText(value) }));
}

/** An action in words: what it does, with the reason or whom it concerns. */
export function actionDetail({ config }: Pick<ActionNode, "config">): string {
  const told = config["reason"] ?? config["template"] ?? config["message"] ?? config["types"] ?? config["role"] ?? config["type"];
  return told === undefined ? "" : settingText(told);
}

function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.map(settingText).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "object" && value !== null)
    return Object.entries(value).map(([key, one]) => `${words(key)}: ${settingText(one)}`).join(", ");
  return String(value);
}
