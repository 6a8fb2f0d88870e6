import { describe, expect, test } from "vitest";
import { factsByName } from "@/policy/fact";
import { fitted } from "@/policy/fitted";
import { fits, sideType, startValue } from "@/policy/operator";
import { itemText, readItem } from "@/policy/valueText";

describe("one of many values", () => {
  const NAIRA = { money: "1000000.00", currency: "NGN" };

  test.each([
    ["money", NAIRA, "1000000.00 NGN"],
    ["money", { money: "100.00", currency: "USD" }, "100.00 USD"],
    ["number", 5, "5"],
    ["number", { decimal: "0.10" }, "0.10"],
    ["text", "NG", "NG"],
    ["boolean", true, "yes"],
  ] as const)("of the type %s is written, and read back as it was", (type, value, text) => {
    expect(itemText(value)).toBe(text);
    expect(readItem(text, type)).toEqual(value);
  });

  test("keeps its currency beside others of the same amount", () => {
    const items = [NAIRA, { money: "100.00", currency: "USD" }, { money: "100.00", currency: "EUR" }];
    expect(items.map(itemText).map((text) => readItem(text, "money"))).toEqual(items);
  });

  test.each(["100.00", "EUR", "1,000.00 EUR", "100.00 EURO", ""])("is no amount without both amount and currency: %s", (text) => {
    expect(readItem(text, "money")).toBeUndefined();
  });

  test("takes an amount however people write it", () => {
    expect(readItem(" eur 100 ", "money")).toEqual({ money: "100", currency: "EUR" });
  });

  test.each([
    ["number", "many"],
    ["boolean", "maybe"],
  ])("of the type %s is not %s", (type, text) => {
    expect(readItem(text, type)).toBeUndefined();
  });
});

describe("a rule on a list", () => {
  const AMOUNTS = { type: "list", items: "money" };

  test("takes an item of the list's type", () => {
    expect(sideType(AMOUNTS, "contains")).toBe("money");
    expect(sideType({ type: "list" }, "contains")).toBeUndefined();
    expect(sideType(AMOUNTS, "==")).toBe("list");
    expect(sideType({ type: "text" }, "contains")).toBe("text");
    expect(startValue(sideType(AMOUNTS, "contains"), "contains", "EUR")).toEqual({ money: "", currency: "EUR" });
    expect(fits(true, undefined, "contains")).toBe(true);
  });
});

describe("a condition that is edited", () => {
  const facts = factsByName([
    { name: "amount", type: "money" },
    { name: "tags", type: "list", items: "text" },
    { name: "country", type: "text" },
  ]);
  const kept = [
    { field: "tags", operator: "==", value: ["new", "vip"] },
    { field: "country", operator: "in", value: { fact: "tags" } },
  ];
  const group = { combinator: "and", rules: kept };

  test("keeps the rules that were not touched, whatever the editor itself can write", () => {
    const added = { ...group, rules: [...kept.map((rule, n) => ({ ...rule, id: `r${n}` })), { field: "amount", operator: ">", value: "" }] };
    expect(fitted(added, group, facts, "EUR").rules).toEqual([...added.rules.slice(0, 2), { field: "amount", operator: ">", value: { money: "", currency: "EUR" } }]);
  });

  test("lets go of another fact that is no list where one of many is asked for", () => {
    const rule = { field: "country", operator: "in", value: { fact: "country" } };
    expect(fitted({ combinator: "and", rules: [rule] }, { combinator: "and", rules: [] }, facts, "EUR").rules).toEqual([{ ...rule, value: [] }]);
  });

  test("starts the value of a rule anew whose operator takes another form", () => {
    const rule = { field: "amount", operator: "in", value: { money: "1.00", currency: "NGN" } };
    expect(fitted({ combinator: "and", rules: [rule] }, group, facts, "EUR").rules).toEqual([{ ...rule, value: [] }]);
  });
});
