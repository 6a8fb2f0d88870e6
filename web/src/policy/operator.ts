import type { Value } from "./document";
import type { Fact } from "./fact";

/** How an operator reads between its two sides. */
const WORDS: Readonly<Record<string, string>> = {
  "==": "is",
  "!=": "is not",
  ">": "is more than",
  "<": "is less than",
  ">=": "is at least",
  "<=": "is at most",
  in: "is one of",
  not_in: "is none of",
  contains: "contains",
  not_contains: "does not contain",
  starts_with: "starts with",
  ends_with: "ends with",
  matches: "matches",
  between: "is between",
  is_null: "is empty",
  is_not_null: "is there",
};

const EVERY = ["==", "!=", "in", "not_in", "is_null", "is_not_null"];
const ORDERED = ["==", "!=", ">", "<", ">=", "<=", "between", "in", "not_in", "is_null", "is_not_null"];
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  boolean: ["==", "!=", "is_null", "is_not_null"],
  number: ORDERED,
  money: ORDERED,
  text: [
    ...ORDERED,
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "matches",
  ],
  list: ["contains", "not_contains", "is_null", "is_not_null"],
  object: ["is_null", "is_not_null"],
};

/** What a rule takes beside its field: nothing, one value, a pair, or any number of them. */
export type Arity = "none" | "one" | "pair" | "many";

export function operatorWords(operator: string): string {
  return WORDS[operator] ?? operator;
}

/** The operators that have a meaning for a type. */
export function operatorsFor(type: string | undefined): readonly string[] {
  return BY_TYPE[type ?? ""] ?? EVERY;
}

export function arityOf(operator: string): Arity {
  if (operator === "is_null" || operator === "is_not_null") return "none";
  if (operator === "between") return "pair";
  return operator === "in" || operator === "not_in" ? "many" : "one";
}

/** The type of what stands on the right of a rule: that of the fact, or of what a list holds; undefined is any. */
export function sideType(fact: Pick<Fact, "type" | "items"> | undefined, operator: string): string | undefined {
  const isOfItems = fact?.type === "list" && (operator === "contains" || operator === "not_contains");
  return isOfItems ? (fact.items ?? undefined) : fact?.type;
}

/** What a rule of a type and an operator starts with. */
export function startValue(type: string | undefined, operator: string, currency: string): Value | undefined {
  const single: Value = type === "boolean" ? true : type === "money" ? { money: "", currency } : "";
  switch (arityOf(operator)) {
    case "none":
      return undefined;
    case "pair":
      return [single, single];
    case "many":
      return [];
    default:
      return single;
  }
}

/** Tell whether a value has a form that an operator on a type can take; what it holds is the server's to judge. */
export function fits(value: Value | undefined, type: string | undefined, operator: string): boolean {
  const arity = arityOf(operator);
  if (arity === "none") return value === undefined;
  if (value === undefined) return false;
  if (isOf(value, "fact")) return operator !== "matches";
  if (isOf(value, "list")) return arity === "many";
  if (arity === "one") return !Array.isArray(value) && isSingle(value, type);
  if (!Array.isArray(value)) return false;
  return (arity === "many" || value.length === 2) && value.every((item: Value) => isSingle(item, type));
}

function isSingle(value: Value, type: string | undefined): boolean {
  if (type === undefined) return true;
  if (type === "money") return isOf(value, "money");
  if (type === "boolean") return typeof value === "boolean";
  return !isOf(value, "money") && typeof value !== "boolean";
}

/** Tell whether a value is an object with a key, such as {"list": name}. */
export function isOf<K extends string>(value: unknown, key: K): value is Record<K, string> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && key in value;
}
