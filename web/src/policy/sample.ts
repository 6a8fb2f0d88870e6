import { isMoneyValue, type Value } from "./document";
import type { Fact } from "./fact";
import { isOf, startValue } from "./operator";
import { noItem, readItem } from "./valueText";

/** A fact as a trial is told of it. */
export type Told = Value | { readonly [key: string]: unknown } | readonly Told[];
type Read = { told: Told } | { problem: string };
type Typed = Pick<Fact, "type" | "items">;

/** What somebody who says a fact starts with; lists and objects are typed as texts. */
export function startSample(fact: Typed | undefined, currency: string): Value {
  return isWritten(fact) ? "" : (startValue(fact?.type, "==", currency) ?? "");
}

/** Tell whether a fact is typed as a text that is read afterwards: the items of a list, an object as JSON. */
export function isWritten(fact: Typed | undefined): boolean {
  return fact?.type === "list" || fact?.type === "object";
}

/** Read what was typed of a fact as what its trigger brings; undefined where it is no such thing. */
export function readSample(typed: Value, fact: Typed | undefined): Told | undefined {
  const found = read(typed, fact);
  return "told" in found ? found.told : undefined;
}

/** Say what is wrong with what was typed of a fact; undefined where nothing is. */
export function sampleProblem(typed: Value, fact: Typed | undefined): string | undefined {
  const found = read(typed, fact);
  return "problem" in found ? found.problem : undefined;
}

function read(typed: Value, fact: Typed | undefined): Read {
  switch (fact?.type) {
    case "list":
      return listOf(String(typed), fact.items ?? undefined);
    case "object":
      return jsonOf(String(typed), "object", isObject);
    case "money": {
      const text = isMoneyValue(typed) ? `${typed.money} ${typed.currency}` : String(typed);
      const money = readItem(text, "money");
      return money === undefined ? { problem: noItem(text.trim(), "money") } : { told: money };
    }
    case "number":
      return plainNumber(typed);
    default:
      return { told: typed };
  }
}

function listOf(text: string, type: string | undefined): Read {
  if (text.trimStart().startsWith("[")) return jsonOf(text, "array", (found) => Array.isArray(found));
  const parts = text.split(/[,\n]/).map((part) => part.trim());
  const items = parts.filter(Boolean).map((part) => {
    const item = readItem(part, type);
    if (item === undefined) return { problem: noItem(part, type) };
    return isOf(item, "decimal") ? plainNumber(item) : { told: item };
  });
  const wrong = items.find((item) => "problem" in item);
  return wrong ?? { told: items.flatMap((item) => ("told" in item ? [item.told] : [])) };
}

function jsonOf(text: string, what: string, fits: (found: unknown) => boolean): Read {
  try {
    const found = JSON.parse(text) as Told;
    return fits(found) ? { told: found } : { problem: `A JSON ${what} belongs here` };
  } catch (error) {
    return { problem: `This is no JSON ${what}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isObject(found: unknown): boolean {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}

/** A fact is a JSON number and no {"decimal"}, which rules alone can say: what JavaScript would round is not told. */
function plainNumber(typed: Value): Read {
  const text = isOf(typed, "decimal") ? typed.decimal : String(typed);
  const number = readItem(text, "number");
  if (typeof number === "number") return { told: number };
  if (number === undefined) return { problem: noItem(text, "number") };
  return shortened(text) === String(Number(text)) ? { told: Number(text) } : { problem: `“${text}” has more digits than a test can be told` };
}

/** A decimal without the zeros that mean nothing. */
function shortened(text: string): string {
  const whole = text.replace(/^(-?)0+(?=\d)/, "$1");
  return whole.includes(".") ? whole.replace(/\.?0+$/, "") : whole;
}
