import { describe, expect, test } from "vitest";
import { add, formatDecimal, multiply, parseDecimal, subtract, ZERO } from "@/format/decimal";
import { formatAmount, formatMoney, groupedAmounts, isZero } from "@/format/money";

const read = (text: string) => parseDecimal(text) ?? ZERO;

describe("money", () => {
  test("is grouped, keeps its scale and says its currency", () => {
    expect(formatMoney({ amount: "1234567.50", currency: "NGN" })).toBe("NGN\u00a01,234,567.50");
    expect(formatAmount("1000")).toBe("1,000");
    expect(formatAmount("999.999")).toBe("999.999");
  });

  test("stays exact where a float would not", () => {
    expect(formatAmount("90071992547409931.01")).toBe("90,071,992,547,409,931.01");
  });

  test("shows a minus sign and leaves what is no amount alone", () => {
    expect(formatAmount("-12.30")).toBe("\u221212.30");
    expect(formatAmount("unknown")).toBe("unknown");
  });

  test("is grouped within a sentence, where it is an amount", () => {
    expect(groupedAmounts("1076500.00 NGN of 999.00 NGN, see SO-000062 and v1234.5.6")).toBe(
      "1,076,500.00 NGN of 999.00 NGN, see SO-000062 and v1234.5.6",
    );
    expect(groupedAmounts("exceeded by 2500.00.")).toBe("exceeded by 2,500.00.");
  });

  test("is zero at any scale", () => {
    expect(isZero({ amount: "0.00", currency: "EUR" })).toBe(true);
    expect(isZero({ amount: "0.01", currency: "EUR" })).toBe(false);
  });
});

describe("decimals", () => {
  test("add, subtract and multiply exactly", () => {
    expect(formatDecimal(add(read("0.1"), read("0.2")))).toBe("0.30");
    expect(formatDecimal(subtract(read("1"), read("1.005")))).toBe("-0.005");
    expect(formatDecimal(multiply(read("19.99"), read("3")))).toBe("59.97");
  });

  test("are refused when they are none", () => {
    expect(parseDecimal("1e3")).toBeUndefined();
    expect(parseDecimal("")).toBeUndefined();
    expect(parseDecimal("1,5")).toBeUndefined();
  });
});
