import { describe, expect, test } from "vitest";
import { attemptFor } from "@/form/attempt";
import { addedTo, fieldsOf, withChoices } from "@/form/field";
import { emptyInputs, readInputs } from "@/form/value";

const SHIPMENT = {
  type: "object",
  required: ["carrier", "amount", "lines"],
  properties: {
    carrier: { type: "string", default: "DHL", description: "Who brings it." },
    amount: { type: "string", format: "money", title: "Value" },
    method: { type: "string", enum: ["CARD", "BANK"] },
    parcels: { type: "integer" },
    weight: { type: ["number", "null"] },
    fragile: { type: "boolean", default: true },
    notes: { type: "array", items: { type: "string" } },
    lines: {
      type: "array",
      items: {
        type: "object",
        required: ["line_no"],
        properties: { line_no: { type: "integer" }, quantity: { type: "integer" } },
      },
    },
    address: { type: "object", properties: { street: { type: "string" } } },
    extra: {},
  },
};

describe("the fields of a data schema", () => {
  const fields = fieldsOf(SHIPMENT);

  test("have the kind that the schema says", () => {
    expect(fields.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      "carrier: text",
      "amount: decimal",
      "method: choice",
      "parcels: integer",
      "weight: number",
      "fragile: boolean",
      "notes: texts",
      "lines: rows",
      "address: group",
      "extra: json",
    ]);
  });

  test("have a label, a description, options and whether they are required", () => {
    expect(fields[0]).toMatchObject({ label: "Carrier", description: "Who brings it.", required: true });
    expect(fields[1]).toMatchObject({ label: "Value", required: true });
    expect(fields[2]?.options.map(({ label }) => label)).toEqual(["CARD", "BANK"]);
    expect(fields[7]?.fields.map(({ label }) => label)).toEqual(["Line no", "Quantity"]);
  });

  test("are none for an event without data", () => {
    expect(fieldsOf(null)).toEqual([]);
    expect(fieldsOf({ type: "object" })).toEqual([]);
    expect(fieldsOf({ type: "object", properties: { version: { type: "integer", readOnly: true } } })).toEqual([]);
  });

  test("leave to programs what nobody is asked for, and no more than that", () => {
    const schema = { type: "object", properties: { returnId: { type: "string", readOnly: true }, reason: { type: "string" } } };
    expect(addedTo(schema, { returnId: "r1", reason: "worn", other: 1 })).toEqual({ returnId: "r1" });
    expect(addedTo(null, { returnId: "r1" })).toEqual({});
  });
});

describe("the data of a form", () => {
  const fields = fieldsOf(SHIPMENT);
  const typed = { ...emptyInputs(fields), amount: " 12.50 ", lines: [{ line_no: "1", quantity: "" }] };

  test("starts with the defaults", () => {
    expect(emptyInputs(fields)).toMatchObject({ carrier: "DHL", amount: "", fragile: true, notes: [], lines: [] });
  });

  test("keeps money as text, reads numbers, leaves out what is empty", () => {
    const { data, problems } = readInputs(fields, { ...typed, parcels: "2", weight: "1.5", notes: ["a", " "] });
    expect(problems).toEqual([]);
    expect(data).toEqual({
      carrier: "DHL",
      amount: "12.50",
      parcels: 2,
      weight: 1.5,
      fragile: true,
      notes: ["a"],
      lines: [{ line_no: 1 }],
    });
  });

  test("names what is missing or wrong by the server's path", () => {
    const { problems } = readInputs(fields, { ...typed, amount: "", parcels: "two", lines: [{ line_no: "" }] });
    expect(problems.map(({ path }) => path)).toEqual(["amount", "parcels", "lines.0.line_no"]);
  });

  test("says one thing about one field", () => {
    const { problems } = readInputs(fields, { ...typed, amount: "a lot" });
    expect(problems).toEqual([{ path: "amount", message: "An amount such as 12.50 is needed." }]);
  });

  test("keeps the type of a choice", () => {
    const choice = fieldsOf({ properties: { days: { enum: [7, 14] } } });
    expect(readInputs(choice, { days: "14" }).data).toEqual({ days: 14 });
  });

  test("shows the titles of a choice and sends its values", () => {
    const oneOf = [{ const: "PO", title: "Purchase order" }, { const: 7 }];
    const choice = fieldsOf({ properties: { method: { oneOf } } });
    expect(choice[0]).toMatchObject({ kind: "choice" });
    expect(choice[0]?.options.map(({ label }) => label)).toEqual(["Purchase order", "7"]);
    expect(readInputs(choice, { method: "PO" }).data).toEqual({ method: "PO" });
    expect(readInputs(choice, { method: "7" }).data).toEqual({ method: 7 });
  });

  test("accepts JSON for what has no schema", () => {
    expect(readInputs(fields, { ...typed, extra: '{"a": [1]}' }).data["extra"]).toEqual({ a: [1] });
    expect(readInputs(fields, { ...typed, extra: "{" }).problems).toHaveLength(1);
  });
});

describe("an attempt", () => {
  const keys = ["one", "two"];
  const newKey = () => keys.shift() ?? "more";

  test("keeps its key while the content is the same, and gets a new one when it changes", () => {
    const first = attemptFor(undefined, { amount: "1" }, newKey);
    expect(attemptFor(first, { amount: "1" }, newKey)).toBe(first);
    expect(attemptFor(first, { amount: "2" }, newKey).key).toBe("two");
  });
});

test("what a page knows is chosen wherever a field asks for it, and sent as it is", () => {
  const choices = { line_no: [{ value: "2", label: "2: Lamp, 3 of 4", json: 2 }] };
  const fields = withChoices(fieldsOf(SHIPMENT), choices);
  const [line] = fields.find(({ name }) => name === "lines")?.fields ?? [];
  expect([line?.kind, line?.options[0]?.label]).toEqual(["choice", "2: Lamp, 3 of 4"]);
  const inputs = { carrier: "DHL", amount: "1.00", lines: [{ line_no: "2", quantity: "1" }] };
  expect(readInputs(fields, inputs).data).toMatchObject({ lines: [{ line_no: 2, quantity: 1 }] });
  expect(withChoices(fieldsOf(SHIPMENT), { line_no: [] })).toEqual(fieldsOf(SHIPMENT));
});
