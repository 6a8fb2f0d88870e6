import { add, formatDecimal, parseDecimal, ZERO } from "@/format/decimal";

/** A part of a refund that is for a line of the order. */
export type Part = { lineNo: number; amount: string };

/** The parts that something was typed for, by the number of their line. */
export function partsOf(byLine: Readonly<Record<number, string>>): Part[] {
  return Object.entries(byLine).flatMap(([lineNo, amount]) =>
    amount.trim() ? [{ lineNo: Number(lineNo), amount: amount.trim() }] : [],
  );
}

/** What parts add up to; undefined when there is none, or one is no decimal. */
export function sumOf(parts: readonly Part[]): string | undefined {
  const read = parts.map(({ amount }) => parseDecimal(amount));
  if (read.length === 0 || read.includes(undefined)) return undefined;
  const sum = read.reduce<typeof ZERO>((so, one) => add(so, one ?? ZERO), ZERO);
  return formatDecimal(sum, 0);
}
