import { expect, test } from "vitest";
import { words } from "@/format/word";
import { emptyDraft, lineInputs, previewTotal, problemsOf, withProduct } from "@/trade/draft";
import { dataFacts, facts, fullFacts } from "@/workflow/facts";
import {
  type AllowedEvent,
  allowedInOrder,
  blockedGroups,
  causeOf,
  type Lifecycle,
  type LogEntry,
  mergedLog,
  nextOf,
  type Reason,
} from "@/workflow/lifecycle";
import { fieldRefusals, isToldByFields } from "@/workflow/outcome";

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
    { name: "Limit", text: "1,000,000.00" },
    { name: "Overage", text: "NGN\u00a02,500.00" },
    { name: "Tries", text: "3" },
    { name: "Frozen", text: "yes" },
  ]);
  expect(facts({ due: "1500.00", currency: "EUR" })).toEqual([{ name: "Due", text: "EUR\u00a01,500.00" }]);
  expect(facts({ currency: "EUR" })).toEqual([{ name: "Currency", text: "EUR" }]);
  expect(facts(null)).toEqual([]);
});

test("the data of an event leave out what only machines read, and minor units say what they are", () => {
  const fulfilmentId = "2f1b2df9-4137-5f24-b3ed-d7448801bfdd";
  const data = { fulfilmentId, customerId: "1b1d961b-f1c6-51fa-a14e-4e2afc20682f", amount: "1500.00", dueMinor: 107650000 };
  expect(dataFacts(data, "NGN", new Map([[fulfilmentId, "FU-1"]]))).toEqual([
    { name: "Fulfilment", text: "FU-1" },
    { name: "Amount", text: "NGN\u00a01,500.00" },
  ]);
  expect(fullFacts(data).at(-1)).toEqual({ name: "Due, in minor units", text: "107650000" });
  expect(fullFacts({ lines: [{ sku: "A", priceMinor: 500 }], tags: ["x", "y"], none: null })).toEqual([
    { name: "Lines 1", text: "Sku: A · Price, in minor units: 500" },
    { name: "Tags", text: "x, y" },
    { name: "None", text: "null" },
  ]);
});

test("the event that comes next is first, and there may be none", () => {
  const allowedEvents = ["SET", "PAY", "STOP"].map((event) => ({ event })) as unknown as AllowedEvent[];
  const order = (nextEvent: string | null) => allowedInOrder({ nextEvent, allowedEvents }).map(({ event }) => event);
  expect(order("PAY")).toEqual(["PAY", "SET", "STOP"]);
  expect(order(null)).toEqual(["SET", "PAY", "STOP"]);
  expect(nextOf({ nextEvent: "GONE", allowedEvents })).toBeUndefined();
});

const blocked = (event: string, ...reasons: Reason[]) => ({ event, label: event, description: "", reasons });

test("events that are blocked for the same reasons are told together", () => {
  const frozen = { code: "sale.frozen", message: "frozen", values: {}, unblockers: ["MANAGER"] };
  const denied = { ...frozen, code: "access.denied" };
  const groups = blockedGroups([blocked("A", frozen), blocked("B", denied), blocked("C", { ...frozen }), blocked("D", frozen, denied)]);
  expect(groups.map(({ events }) => events.map(({ event }) => event))).toEqual([["A", "C"], ["B"], ["D"]]);
});

test("a refusal of the data is shown at its field", () => {
  const reason = { code: "event_data", message: "amount: not an amount", unblockers: [] };
  const reasons = [
    { ...reason, values: { field: "amount" } },
    { ...reason, values: { field: "/lines/0/quantity" } },
    { ...reason, values: {} },
  ];
  const refusals = fieldRefusals({ kind: "refused", message: "", reasons });
  expect([...refusals.keys()]).toEqual(["amount", "lines.0.quantity"]);
  expect(refusals.get("amount")).toBe("Not an amount");
});

const wrong = (field: string) => ({ code: "event_data", message: "wrong", values: { field }, unblockers: [] });

const told = (...named: string[]) =>
  isToldByFields({ kind: "refused", message: "", reasons: named.map(wrong) }, [{ name: "amount" }, { name: "lines" }]);

test("a refusal is told at its fields alone only where they tell all of it", () => {
  expect([told("amount"), told("lines.0.sku"), told("amount", "other"), told()]).toEqual([true, true, false, false]);
  expect(isToldByFields({ kind: "failed", message: "no answer" }, [])).toBe(false);
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

test("a product in another currency proposes no price: its number would mean other money", () => {
  const draft = emptyDraft();
  const [line] = draft.lines;
  if (!line) throw new Error("a draft starts with a line");
  const anvil = { sku: "ANVIL", unitPrice: { amount: "50.00", currency: "EUR" } };
  const rope = { sku: "ROPE", unitPrice: { amount: "9000.00", currency: "NGN" } };
  const first = withProduct(draft, line.key, anvil);
  expect([first.currency, first.lines[0]?.unitPrice]).toEqual(["EUR", "50.00"]);
  const changed = withProduct(first, line.key, rope);
  expect([changed.currency, changed.lines[0]?.sku, changed.lines[0]?.unitPrice]).toEqual(["EUR", "ROPE", ""]);
});
