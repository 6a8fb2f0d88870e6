import { expect, test } from "vitest";
import type { LineRowFragment, PaymentRowFragment } from "@/gen/graphql";
import { isTooMuch, paidLines } from "@/payment/parts";

const money = (amount: string) => ({ amount, currency: "EUR" });
const line = (lineNo: number, total: string) => ({ lineNo, name: `Line ${lineNo}`, total: money(total) }) as LineRowFragment;
const refunded = (...lines: [number, string][]) =>
  ({ refunds: [{ lines: lines.map(([lineNo, amount]) => ({ lineNo, amount: money(amount) })) }] }) as PaymentRowFragment;

test("what is left of a line is its total less what all payments have given back for it", () => {
  const payments = [refunded([1, "30.00"]), refunded([1, "20.50"], [2, "5.00"])];
  const lines = paidLines([line(1, "100.00"), line(2, "5.00"), line(3, "7.00")], payments);
  expect(lines.map(({ left }) => left)).toEqual(["49.50", "0.00", "7.00"]);
});

test("more than is left is too much, what is no number yet is not", () => {
  expect(isTooMuch("49.51", "49.50")).toBe(true);
  expect(isTooMuch("49.5", "49.50")).toBe(false);
  expect(isTooMuch("4x", "49.50")).toBe(false);
  expect(isTooMuch(undefined, "0.00")).toBe(false);
});
