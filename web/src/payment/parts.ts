import { add, formatDecimal, parseDecimal, subtract, ZERO } from "@/format/decimal";
import type { LineRowFragment, PaymentRowFragment } from "@/gen/graphql";

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

/** A line of an order, with what may still be refunded of it in major units. */
export type PaidLine = Pick<LineRowFragment, "lineNo" | "name" | "total"> & { left: string };

/** Lines with what is left of them after the refunds by all payments of their order. */
export function paidLines(lines: readonly LineRowFragment[], payments: readonly PaymentRowFragment[]): PaidLine[] {
  const parts = payments.flatMap(({ refunds }) => refunds.flatMap((refund) => refund.lines));
  return lines.map(({ lineNo, name, total }) => {
    const back = sumOf(parts.filter((part) => part.lineNo === lineNo).map(({ amount }) => ({ lineNo, amount: amount.amount })));
    return { lineNo, name, total, left: back ? less(total.amount, back) : total.amount };
  });
}

/** Whether more was typed for a line than is left of it. */
export function isTooMuch(typed: string | undefined, left: string): boolean {
  const [asked, most] = [parseDecimal(typed ?? ""), parseDecimal(left)];
  return asked !== undefined && most !== undefined && subtract(most, asked).units < 0n;
}

function less(amount: string, back: string): string {
  return formatDecimal(subtract(parseDecimal(amount) ?? ZERO, parseDecimal(back) ?? ZERO), 0);
}
