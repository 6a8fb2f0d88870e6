import { formatAmount, formatMoney } from "@/format/money";
import { exactTime } from "@/format/time";
import { words } from "@/format/word";

/** One value with its name, both for people. */
export type Fact = { name: string; text: string };

/** The values of a reason as short texts in their own order; decimals beside a currency are money. */
export function facts(values: unknown): Fact[] {
  if (!isObject(values)) return [];
  const { currency, ...rest } = { currency: undefined, ...values };
  const code = typeof currency === "string" ? currency : undefined;
  const shown = Object.entries(code && Object.values(rest).some(isDecimal) ? rest : values);
  return shown.filter(said).map(([name, value]) => ({ name: words(name), text: factText(value, code) }));
}

/**
 * The data of a logged event, as far as it tells people something: things of the page by their names,
 * nothing that only machines read (other ids, minor units). Amounts are in the lifecycle's currency.
 */
export function dataFacts(data: unknown, currency: string | undefined, names: ReadonlyMap<string, string>): Fact[] {
  if (!isObject(data)) return [];
  return Object.entries(data)
    .filter(said)
    .filter(([name, value]) => !isMinor(name) && (!isUuid(value) || names.has(String(value))))
    .map(([name, value]) => ({
      name: words(names.has(String(value)) ? name.replace(/_?id$/i, "") : name),
      text: names.get(String(value)) ?? factText(value, MONEY.test(name) ? currency : undefined),
    }));
}

/** All of an event's data; what is in minor units says so. */
export function fullFacts(data: unknown): Fact[] {
  if (!isObject(data)) return [];
  return Object.entries(data).flatMap(([name, value]) => fullFact(name, value));
}

function fullFact(name: string, value: unknown): Fact[] {
  const title = isMinor(name) ? `${words(name.replace(MINOR, ""))}, in minor units` : words(name);
  if (Array.isArray(value) && value.some(isObject))
    return value.map((item, n) => ({ name: `${title} ${n + 1}`, text: fullText(item) }));
  return [{ name: title, text: fullText(value) }];
}

function fullText(value: unknown): string {
  if (Array.isArray(value)) return value.map(fullText).join(", ");
  if (isObject(value)) return fullFacts(value).map(({ name, text }) => `${name}: ${text}`).join(" · ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

const MINOR = /_?minor$/i;
const MONEY = /amount|price|shipping|total$/i;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

function factText(value: unknown, currency?: string): string {
  if (isDecimal(value)) return currency ? formatMoney({ amount: value, currency }) : formatAmount(value);
  if (typeof value === "string") return MOMENT.test(value) ? exactTime(value) : value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (isMoney(value)) return formatMoney(value);
  if (isObject(value) && !Array.isArray(value)) return `${Object.keys(value).length} in all`;
  if (Array.isArray(value))
    return value.some(isObject) ? `${value.length} in all` : value.map((item) => factText(item)).join(", ");
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function said([, value]: [string, unknown]): boolean {
  return value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
}

function isMinor(name: string): boolean {
  return MINOR.test(name);
}

function isUuid(value: unknown): boolean {
  return typeof value === "string" && UUID.test(value);
}

function isDecimal(value: unknown): value is string {
  return typeof value === "string" && /^-?\d+\.\d+$/.test(value);
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
