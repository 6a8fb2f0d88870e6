import { formatAmount, formatMoney } from "@/format/money";

/** The values of a reason, or the data of an event, as short texts in their own order. */
export function facts(values: unknown): { name: string; text: string }[] {
  if (typeof values !== "object" || values === null) return [];
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => ({ name, text: factText(value) }));
}

function factText(value: unknown): string {
  if (typeof value === "string") return /^-?\d+\.\d+$/.test(value) ? formatAmount(value) : value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (isMoney(value)) return formatMoney(value);
  if (Array.isArray(value)) return value.some(isObject) ? `${value.length} in all` : value.map(factText).join(", ");
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isMoney(value: unknown): value is { amount: string; currency: string } {
  return (
    isObject(value) &&
    "amount" in value &&
    "currency" in value &&
    typeof value.amount === "string" &&
    typeof value.currency === "string"
  );
}
