import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { asDocument, type Group, type PolicyDocument } from "@/policy/document";
import { documentOf, draftOf, emptyDraft, mayConnect, withChanged, withEdge, withNode, withoutNode } from "@/policy/draft";
import { factsByName } from "@/policy/fact";
import { groupHead, groupWords, ruleWords, triggerWords } from "@/policy/inWords";
import { standingOf } from "@/compliance/standing";
import { stoppingPolicies, stoppingWords } from "@/policy/stopping";
import { precisionWords } from "@/policy/inForce";
import { factsRead } from "@/policy/factsRead";
import { edgeId, lightOf } from "@/policy/light";
import { numberOf, numberText } from "@/policy/number";
import { arityOf, fits, operatorsFor, startValue } from "@/policy/operator";
import { messagesAt, problemsByNode, problemsOf, rulePath } from "@/policy/problem";
import { withSetting } from "@/policy/setting";

const FOLDER = new URL("../../policies/", import.meta.url);
const shipped = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json") && !name.endsWith(".cases.json"))
  .map((name) => [name, asDocument(readFileSync(new URL(name, FOLDER), "utf8"))] as const);

const FACTS = factsByName([
  { name: "amount", type: "money", label: "Amount" },
  { name: "user.country", type: "text", label: "Country of the user" },
  { name: "isFirstOrder", type: "boolean" },
]);
const GROUP: Group = {
  combinator: "and",
  rules: [
    { field: "amount", operator: ">", value: { money: "10000.00", currency: "EUR" } },
    {
      combinator: "or",
      not: true,
      rules: [
        { field: "user.country", operator: "in", value: { list: "sanctioned-countries" } },
        { field: "user.country", operator: "is_null" },
      ],
    },
  ],
};

describe("a draft", () => {
  test("of each shipped policy becomes the same document again, with places", () => {
    expect(shipped).toHaveLength(12);
    for (const [name, document] of shipped) {
      const { layout, ...again } = documentOf(draftOf(document));
      expect({ name, again }).toEqual({ name, again: document });
      expect(Object.keys(layout ?? {})).toEqual(document.graph.nodes.map(({ id }) => id));
    }
  });

  test("keeps the places that a document has", () => {
    const place = { x: 7, y: 9 };
    const document: PolicyDocument = { ...emptyDraft("ORDER_CREATED"), layout: { trigger: place } };
    expect(documentOf(draftOf(document)).layout).toEqual({ trigger: place });
  });

  test("is drawn from nothing: nodes, edges with exits, a condition without the editor's ids", () => {
    const one = withNode(emptyDraft("ORDER_CREATED"), "condition", undefined, "trigger");
    const two = withNode(one.draft, "action", "FREEZE_ORDER", one.id, "true");
    const rule = { id: "r1", field: "amount", operator: "is_null", value: "left over" };
    const drawn = withChanged(two.draft, { id: one.id, type: "condition", group: { combinator: "and", not: false, rules: [rule] } });
    expect(documentOf(drawn).graph).toEqual({
      nodes: [
        { id: "trigger", type: "trigger" },
        { id: "condition-1", type: "condition", group: { combinator: "and", rules: [{ field: "amount", operator: "is_null" }] } },
        { id: "action-1", type: "action", action: "FREEZE_ORDER", config: {} },
      ],
      edges: [
        { from: "trigger", to: "condition-1" },
        { from: "condition-1", to: "action-1", exit: "true" },
      ],
    });
  });

  test("puts no node upon another", () => {
    const one = withNode(emptyDraft("ORDER_CREATED"), "condition", undefined, "trigger");
    const two = withNode(one.draft, "action", "AUTO_APPROVE", "trigger");
    expect(two.draft.layout[one.id]).not.toEqual(two.draft.layout[two.id]);
  });

  test("takes no circle, no edge twice, none into the trigger, and exits out of conditions alone", () => {
    const one = withNode(emptyDraft("ORDER_CREATED"), "condition", undefined, "trigger");
    const two = withNode(one.draft, "condition", undefined, one.id, "true").draft;
    expect(mayConnect(two, { from: "condition-2", to: "condition-1", exit: "true" })).toBe(false);
    expect(mayConnect(two, { from: "condition-1", to: "condition-2", exit: "true" })).toBe(false);
    expect(mayConnect(two, { from: "condition-1", to: "trigger", exit: "true" })).toBe(false);
    expect(mayConnect(two, { from: "condition-1", to: "condition-2" })).toBe(false);
    expect(mayConnect(two, { from: "condition-1", to: "condition-2", exit: "false" })).toBe(true);
    expect(withEdge(two, { from: "condition-1", to: "trigger", exit: "true" })).toBe(two);
  });

  test("loses the edges of a node that goes, and never the trigger", () => {
    const { draft, id } = withNode(emptyDraft("ORDER_CREATED"), "condition", undefined, "trigger");
    expect(documentOf(withoutNode(draft, id))).toEqual(documentOf(emptyDraft("ORDER_CREATED")));
    expect(withoutNode(draft, "trigger")).toBe(draft);
  });
});

describe("in words", () => {
  test("a condition reads as a sentence, with the labels of facts, amounts and lists", () => {
    expect(groupWords(GROUP, FACTS)).toBe(
      "Amount is more than EUR\u00a010,000.00 and (not (Country of the user is one of the list sanctioned countries or Country of the user is empty))",
    );
  });

  test("a rule names ranges, other facts and ticks", () => {
    const range = { field: "hour", operator: "between", value: [22, 6] };
    expect(ruleWords(range, FACTS)).toBe("Hour is between 22 and 6");
    expect(ruleWords({ field: "user.country", operator: "!=", value: { fact: "amount" } }, FACTS)).toBe("Country of the user is not Amount");
    expect(ruleWords({ field: "isFirstOrder", operator: "==", value: true }, FACTS)).toBe("Is first order is yes");
  });

  test.each([
    [false, "and", "All of these hold"],
    [false, "or", "At least one of these holds"],
    [true, "and", "Not all of these hold"],
    [true, "or", "None of these holds"],
  ])("a group with not %s and %s says what must hold", (not, combinator, said) => {
    expect(groupHead({ ...GROUP, not, combinator })).toBe(said);
  });

  test("a threshold says what it adds up", () => {
    const trigger = { type: "AMOUNT_THRESHOLD", aggregate: "sum", of: "ORDER_CREATED", key: "user", window: "24h", threshold: { money: "50000.00", currency: "EUR" } } as const;
    expect(triggerWords(trigger, new Map([["ORDER_CREATED", "Order created"]]))).toBe(
      "Order created: sum by user within 24h reaches EUR\u00a050,000.00",
    );
  });
});

describe("the light", () => {
  const exits = [
    { from: "t", to: "c" },
    { from: "c", to: "a", exit: "true" as const },
    { from: "c", to: "b", exit: "false" as const },
  ];
  const document: Pick<PolicyDocument, "graph"> = {
    graph: {
      nodes: [
        { id: "t", type: "trigger" },
        { id: "c", type: "condition", group: GROUP },
        { id: "a", type: "action", action: "FREEZE_ORDER", config: {} },
        { id: "b", type: "action", action: "AUTO_APPROVE", config: {} },
      ],
      edges: exits,
    },
  };
  const reaches = (path: Parameters<typeof lightOf>[1]) => exits.map((edge) => lightOf(document, path).edges.get(edgeId(edge)));

  test("follows the answer of a condition", () => {
    const path = [
      { node: "t", certain: true },
      { node: "c", certain: true, answer: true },
      { node: "a", certain: true },
    ];
    expect(reaches(path)).toEqual(["certain", "certain", "not"]);
    expect(lightOf(document, path).nodes.get("b")).toBe("not");
    expect(lightOf(document, path).answers.get("c")).toBe("yes");
  });

  test("goes both ways, perhaps, where the answer is not known", () => {
    const path = [
      { node: "t", certain: true },
      { node: "c", certain: true, answer: null },
      { node: "a", certain: false },
      { node: "b", certain: false },
    ];
    expect(reaches(path)).toEqual(["certain", "perhaps", "perhaps"]);
    expect(lightOf(document, path).nodes.get("a")).toBe("perhaps");
    expect(lightOf(document, path).answers.get("c")).toBe("not known");
  });
});

describe("values", () => {
  test("start in a form that fits each type and operator", () => {
    for (const type of ["boolean", "number", "text", "money", "list", "object"])
      for (const operator of operatorsFor(type)) expect(fits(startValue(type, operator, "EUR"), type, operator), `${type} ${operator}`).toBe(true);
    expect(arityOf("between")).toBe("pair");
  });

  test("of another form do not fit", () => {
    expect(fits("10", "money", ">")).toBe(false);
    expect(fits({ list: "countries" }, "text", "==")).toBe(false);
    expect(fits({ fact: "other" }, "text", "matches")).toBe(false);
    expect(fits([1], "number", "between")).toBe(false);
  });

  test.each([
    ["12", 12],
    ["0.1", 0.1],
    ["0.000000000000000001", { decimal: "0.000000000000000001" }],
    ["1.", "1."],
    ["10.50", { decimal: "10.50" }],
  ])("the number %s is kept as it was typed", (text, value) => {
    expect(numberOf(text)).toEqual(value);
    expect(numberText(value)).toBe(text);
  });

  test("that are empty leave a config", () => {
    expect(withSetting({ reason: "x", sla: "4h" }, "sla", "")).toEqual({ reason: "x" });
    expect(withSetting({}, "due_days", 3)).toEqual({ due_days: 3 });
  });
});

test("problems are found at the node and the rule that they are about", () => {
  const document = { graph: { nodes: [{ id: "t", type: "trigger" as const }, { id: "c", type: "condition" as const, group: GROUP }], edges: [] } };
  const found = problemsByNode(
    [
      { path: "graph.nodes[1].group.rules[1].rules[0].value", code: "list", message: "no such list" },
      { path: "name", code: "missing", message: "a name is needed" },
    ],
    document,
  );
  expect(messagesAt(found.get("c") ?? [], rulePath([1, 0]))).toEqual(["no such list"]);
  expect(messagesAt(found.get("c") ?? [], rulePath([0]))).toEqual([]);
  expect(found.get("")?.map(({ path }) => path)).toEqual(["name"]);
});

const reason = (values: unknown) => ({ code: "list", message: "no such list", values, unblockers: [] });

test("only what a refusal says of a path is a problem of the document", () => {
  const refused = { kind: "refused" as const, message: "no", reasons: [reason({ path: "name" }), reason({ role: "ADMIN" }), reason(null)] };
  expect(problemsOf(refused)).toEqual([{ path: "name", code: "list", message: "no such list" }]);
  expect(problemsOf({ kind: "applied", message: "Saved" })).toEqual([]);
});

test("a policy reads the facts of its rules, of what they are compared with, and of its templates, each once", () => {
  const group: Group = { combinator: "and", rules: [...GROUP.rules, { field: "amount", operator: "<", value: { fact: "expected" } }] };
  const nodes = [
    { id: "c", type: "condition" as const, group },
    { id: "a", type: "action" as const, action: "FREEZE_ORDER", config: { reason: "{{ userId }} of {{user.country}}" } },
  ];
  expect(factsRead({ graph: { nodes, edges: [] } })).toEqual(["amount", "user.country", "expected", "userId"]);
});

test("the precision of a policy is unknown as long as nobody has judged a case of it", () => {
  expect(precisionWords({ confirmed: 0, falseAlarms: 0, unjudged: 0, precision: null })).toBe("Unknown");
  expect(precisionWords({ confirmed: 0, falseAlarms: 0, unjudged: 2, precision: null })).toBe("Unknown, 2 unjudged");
  expect(precisionWords({ confirmed: 3, falseAlarms: 1, unjudged: 2, precision: 7_500 })).toBe("75% of 4 judged, 2 unjudged");
});

test("a reason names the policies behind it, each version once, and none where no policy is", () => {
  const held = { kind: "action", policy: "p", policyName: "High amount", version: 2 };
  const twice = stoppingPolicies({ holds: [held, { ...held, kind: "approval" }, { ...held, version: 3 }, { policy: null }] });
  expect(twice.map(stoppingWords)).toEqual(["the policy High amount, version 2", "the policy High amount, version 3"]);
  expect(stoppingPolicies({ reason: "odd", policy: "p" }).map(stoppingWords)).toEqual(["the policy"]);
  expect([...stoppingPolicies({ approvers: 2 }), ...stoppingPolicies(null)]).toEqual([]);
});

test("a lifecycle says by its context how policies stand to it, and nothing where policies have no say", () => {
  const hold = { kind: "action", reason: "large", policy: "p", version: 2, since: "2026-01-01T00:00:00Z" };
  const frozen = { reason: "sanctions", since: "2026-01-02T00:00:00Z" };
  expect(standingOf({ isDecided: true, holds: { h: hold }, frozen })).toEqual({
    isDecided: true,
    holds: [{ id: "h", policyName: null, ...hold }],
    frozen: { policy: null, policyName: null, version: null, until: null, ...frozen },
  });
  expect(standingOf({ holds: {} })).toBeUndefined();
  expect(standingOf(null)).toBeUndefined();
});
