import { expect, test } from "vitest";
import { words } from "@/format/word";
import { emptyDraft, lineInputs, previewTotal, problemsOf } from "@/trade/draft";
import { facts } from "@/workflow/facts";
import { causeOf, type Lifecycle, type LogEntry, mergedLog } from "@/workflow/lifecycle";
import { fieldRefusals } from "@/workflow/outcome";

const entry = (version: number, at: string) => ({ version, occurredAt: at, recordedAt: at });

test("the log of several lifecycles is one timeline, newest first", () => {
  const third = "2026-01-03T00:00:00Z";
  const transitionLog = [entry(1, "2026-01-01T00:00:00Z"), entry(2, third), entry(3, third)];
  const sale = { id: "s", title: "Sale", workflow: { transitionLog } };
  const box = { id: "f", title: "F-1", workflow: { transitionLog: [entry(1, "2026-01-02T00:00:00Z")] } };
  const merged = mergedLog([sale, box] as unknown as Lifecycle[]);
  expect(merged.map(({ lifecycle, entry: { version } }) => `${lifecycle.id}${version}`)).toEqual(["s3", "s2", "f1", "s1"]);
});

test("a cause is found as a step or as an event that a step told", () => {
  const workflow = { instanceId: "s", transitionLog: [entry(1, "2026-01-01T00:00:00Z"), entry(2, "2026-01-02T00:00:00Z")] };
  const rows = mergedLog([{ id: "s", title: "Sale", workflow }] as unknown as Lifecycle[]);
  const caused = (causationId: string | null) => causeOf({ causationId } as LogEntry, rows)?.entry.version;
  expect([caused("s/2"), caused("s/2/1"), caused("s/1/3"), caused("q/2/1"), caused(null)]).toEqual([2, 2, 1, undefined, undefined]);
});

test("the numbers of a reason are short texts", () => {
  const values = { limit: "1000000.00", overage: { amount: "2500.00", currency: "NGN" }, tries: 3, frozen: true, none: null };
  expect(facts(values)).toEqual([
    { name: "limit", text: "1,000,000.00" },
    { name: "overage", text: "NGN\u00a02,500.00" },
    { name: "tries", text: "3" },
    { name: "frozen", text: "yes" },
  ]);
  expect(facts(null)).toEqual([]);
});

test("a refusal of the data is shown at its field", () => {
  const reason = { code: "event_data", message: "not an amount", unblockers: [] };
  const reasons = [
    { ...reason, values: { field: "amount" } },
    { ...reason, values: { field: "/lines/0/quantity" } },
    { ...reason, values: {} },
  ];
  const refusals = fieldRefusals({ kind: "refused", message: "", reasons });
  expect([...refusals.keys()]).toEqual(["amount", "lines.0.quantity"]);
});

test("names of the data model become words", () => {
  expect(["payment_id", "lineNo", "TRANSFER", "sale.cleared"].map(words)).toEqual([
    "Payment id",
    "Line no",
    "Transfer",
    "Sale cleared",
  ]);
});

test("a new order is previewed exactly and checked before it is sent", () => {
  const draft = emptyDraft();
  expect([...problemsOf(draft).keys()].map((key) => key.replace(/line-\d+/, "line"))).toEqual([
    "customer",
    "currency",
    "line.sku",
    "line.unitPrice",
  ]);
  expect(previewTotal(draft)).toBeUndefined();
  const [line] = draft.lines;
  if (!line) throw new Error("a draft starts with a line");
  const full = {
    ...draft,
    customerId: "c",
    currency: "EUR",
    shipping: "4.90",
    lines: [{ ...line, sku: "A", quantity: "3", unitPrice: "0.10", discount: "0.05", tax: "0.02" }],
  };
  expect(problemsOf(full).size).toBe(0);
  expect(previewTotal(full)).toBe("5.17");
  expect(lineInputs(full)).toEqual([{ sku: "A", quantity: 3, unitPrice: "0.10", discount: "0.05", tax: "0.02" }]);
});
