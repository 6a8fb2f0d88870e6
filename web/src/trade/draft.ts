import { add, type Decimal, formatDecimal, multiply, parseDecimal, subtract, ZERO } from "@/format/decimal";
import type { LineInput } from "@/gen/graphql";
import type { Product } from "./ProductPicker";

/** A line as it is typed. */
export type DraftLine = { key: string; sku: string; quantity: string; unitPrice: string; discount: string; tax: string };

/** An order or a quotation as it is typed. */
export type Draft = {
  customerId: string;
  channel: "CONSUMER" | "RESELLER";
  currency: string;
  shipping: string;
  validUntil: string;
  lines: DraftLine[];
};

let lineCount = 0;

export function emptyLine(): DraftLine {
  lineCount += 1;
  return { key: `line-${lineCount}`, sku: "", quantity: "1", unitPrice: "", discount: "0", tax: "0" };
}

export function emptyDraft(): Draft {
  return { customerId: "", channel: "CONSUMER", currency: "", shipping: "0", validUntil: "", lines: [emptyLine()] };
}

/** The product's price is a proposal where it is in the draft's currency; the first product also proposes that. */
export function withProduct(draft: Draft, key: string, { sku, unitPrice }: Pick<Product, "sku" | "unitPrice">): Draft {
  const currency = draft.currency || unitPrice.currency;
  const proposed = currency === unitPrice.currency ? unitPrice.amount : "";
  const lines = draft.lines.map((one) => (one.key === key ? { ...one, sku, unitPrice: proposed } : one));
  return { ...draft, lines, currency };
}

/** What must be put right before the server can be asked, by the field's name. */
export function problemsOf(draft: Draft): Map<string, string> {
  const found: [string, string][] = [];
  if (!draft.customerId) found.push(["customer", "Choose a customer."]);
  if (!/^[A-Z]{3}$/.test(draft.currency)) found.push(["currency", "Three letters, such as EUR or NGN."]);
  if (!isAmount(draft.shipping)) found.push(["shipping", AMOUNT]);
  for (const line of draft.lines) {
    if (!line.sku) found.push([`${line.key}.sku`, "Choose a product."]);
    if (!/^[1-9]\d*$/.test(line.quantity.trim())) found.push([`${line.key}.quantity`, "A whole number from 1."]);
    for (const name of ["unitPrice", "discount", "tax"] as const)
      if (!isAmount(line[name])) found.push([`${line.key}.${name}`, AMOUNT]);
  }
  return new Map(found);
}

const AMOUNT = "An amount such as 12.50.";

export function lineInputs(draft: Draft): LineInput[] {
  return draft.lines.map(({ sku, quantity, unitPrice, discount, tax }) => ({
    sku,
    quantity: Number(quantity),
    unitPrice: unitPrice.trim(),
    discount: discount.trim(),
    tax: tax.trim(),
  }));
}

/** The total of what is typed so far, exact; undefined while something is no amount. The server counts again. */
export function previewTotal(draft: Draft): string | undefined {
  const lines = draft.lines.map(lineTotal);
  const amounts = [...lines, parseDecimal(draft.shipping)];
  if (!amounts.every((amount) => amount !== undefined)) return undefined;
  return formatDecimal(amounts.reduce(add, ZERO));
}

function lineTotal({ quantity, unitPrice, discount, tax }: DraftLine): Decimal | undefined {
  const [count, price, less, more] = [quantity, unitPrice, discount, tax].map(parseDecimal);
  return count && price && less && more ? add(subtract(multiply(price, count), less), more) : undefined;
}

function isAmount(text: string): boolean {
  return (parseDecimal(text)?.units ?? -1n) >= 0n;
}
