import type { Value } from "./document";
import { isOf } from "./operator";

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Read a number as it is typed: exact, as a decimal where JSON would round it; what is none stays a text. */
export function numberOf(text: string): Value {
  const typed = text.trim();
  if (!DECIMAL.test(typed)) return typed;
  return String(Number(typed)) === typed ? Number(typed) : { decimal: typed };
}

/** A number as it was typed. */
export function numberText(value: Value): string {
  if (isOf(value, "decimal")) return value.decimal;
  return typeof value === "number" || typeof value === "string" ? String(value) : "";
}
