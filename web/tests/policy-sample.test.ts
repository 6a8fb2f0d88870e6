import { describe, expect, test } from "vitest";
import { factsByName } from "@/policy/fact";
import { numberOf } from "@/policy/number";
import { readSample, sampleProblem } from "@/policy/sample";

describe("a sample of a fact", () => {
  const FACTS = factsByName([
    { name: "tags", type: "list", items: "text" },
    { name: "amounts", type: "list", items: "money" },
    { name: "any", type: "list" },
    { name: "address", type: "object" },
    { name: "amount", type: "money" },
    { name: "isFirst", type: "boolean" },
  ]);
  const read = (name: string, typed: Parameters<typeof readSample>[0]) => readSample(typed, FACTS.get(name));

  test("of a list is each line of its item's type", () => {
    expect(read("tags", "new, vip\nlate")).toEqual(["new", "vip", "late"]);
    expect(read("amounts", "1.00 EUR, 2.00 NGN")).toEqual([
      { money: "1.00", currency: "EUR" },
      { money: "2.00", currency: "NGN" },
    ]);
    expect(read("any", "5, yes, NG")).toEqual([5, true, "NG"]);
    expect(read("tags", "")).toEqual([]);
    expect(read("any", '[{"sku": "A-1", "quantity": 2}]')).toEqual([{ sku: "A-1", quantity: 2 }]);
    expect(sampleProblem("[1", FACTS.get("any"))).toContain("no JSON array");
  });

  test("of an object is JSON, and nothing else", () => {
    expect(read("address", '{"city": "Lagos"}')).toEqual({ city: "Lagos" });
    for (const text of ["Lagos", "[1]", "", "null"]) expect(sampleProblem(text, FACTS.get("address"))).toContain("JSON object");
  });

  test("that cannot be read says what is wrong, and is not sent", () => {
    expect(sampleProblem("1.00", FACTS.get("amounts"))).toBe("“1.00” is no amount with its currency, such as 100.00 EUR");
    expect(sampleProblem({ money: "", currency: "EUR" }, FACTS.get("amount"))).toContain("no amount");
    expect(sampleProblem("vip", FACTS.get("tags"))).toBeUndefined();
  });

  test("of a number is a JSON number, for {decimal} is no fact", () => {
    const fact = { type: "number" };
    expect([numberOf("10.50"), 7, numberOf("-0.250")].map((typed) => readSample(typed, fact))).toEqual([10.5, 7, -0.25]);
    expect(sampleProblem(numberOf("0.1234567890123456789"), fact)).toContain("more digits");
    expect(sampleProblem("", fact)).toBe("“” is no number");
    expect(readSample("1.50, 2", { type: "list", items: "number" })).toEqual([1.5, 2]);
  });

  test("of any other type is what was typed", () => {
    expect(read("amount", { money: "1.00", currency: "EUR" })).toEqual({ money: "1.00", currency: "EUR" });
    expect(read("isFirst", false)).toBe(false);
  });
});
