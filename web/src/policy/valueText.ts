import { isMoneyValue, type Value } from "./document";
import { numberOf, numberText } from "./number";

const MONEY = /^(-?\d+(?:\.\d+)?) ([A-Z]{3})$/;
const MONEY_AHEAD = /^([A-Z]{3}) (-?\d+(?:\.\d+)?)$/;

/** What a text has to be, to be a value of a type. */
const KINDS: Readonly<Record<string, string>> = {
  money: "amount with its currency, such as 100.00 EUR",
  number: "number",
  boolean: "yes or no",
};

/** One value as it is typed among others: an amount keeps its currency. */
export function itemText(value: Value): string {
  if (isMoneyValue(value)) return `${value.money} ${value.currency}`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return numberText(value);
}

/** Read one value of a type, of any where none is given; undefined where the text is none. */
export function readItem(text: string, type: string | undefined): Value | undefined {
  switch (type) {
    case "money":
      return moneyOf(text);
    case "number":
      return numeric(text);
    case "boolean":
      return yesOrNo(text);
    case undefined:
      return moneyOf(text) ?? numeric(text) ?? yesOrNo(text) ?? text;
    default:
      return text;
  }
}

/** Why a text is no value of a type. */
export function noItem(text: string, type: string | undefined): string {
  return `“${text}” is no ${KINDS[type ?? ""] ?? "value"}`;
}

function moneyOf(text: string): Value | undefined {
  const typed = text.trim().toUpperCase().replaceAll(/\s+/g, " ");
  const [, money, currency] = MONEY.exec(typed) ?? [];
  const [, ahead, after] = MONEY_AHEAD.exec(typed) ?? [];
  if (money !== undefined && currency !== undefined) return { money, currency };
  return ahead !== undefined && after !== undefined ? { money: after, currency: ahead } : undefined;
}

function numeric(text: string): Value | undefined {
  const found = numberOf(text);
  return typeof found === "string" ? undefined : found;
}

function yesOrNo(text: string): boolean | undefined {
  const typed = text.trim().toLowerCase();
  if (typed === "yes" || typed === "true") return true;
  return typed === "no" || typed === "false" ? false : undefined;
}
