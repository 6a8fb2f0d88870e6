/** A policy as the server keeps it; see docs/reference/policy.md. */
export type PolicyDocument = {
  schema: 1;
  name: string;
  description?: string;
  trigger: string | Threshold;
  priority?: number;
  on_unknown?: Consequence;
  on_error?: Consequence;
  graph: { nodes: readonly PolicyNode[]; edges: readonly PolicyEdge[] };
  layout?: Readonly<Record<string, Place>>;
};

export type Consequence = "flag" | "hold";
export type Place = { x: number; y: number };
export type Threshold = {
  type: "AMOUNT_THRESHOLD";
  aggregate: string;
  of: string;
  key: string;
  window: string;
  threshold: Value;
};

export type TriggerNode = { id: string; type: "trigger" };
export type ConditionNode = { id: string; type: "condition"; group: Group };
export type ActionNode = { id: string; type: "action"; action: string; config: Readonly<Record<string, unknown>> };
export type PolicyNode = TriggerNode | ConditionNode | ActionNode;
export type PolicyEdge = { from: string; to: string; exit?: Exit };
export type Exit = "true" | "false";

export type Group = { combinator: string; not?: boolean; rules: readonly (Rule | Group)[] };
export type Rule = { field: string; operator: string; value?: Value };
export type Literal = string | number | boolean | null;
export type MoneyValue = { money: string; currency: string };
export type Value = Literal | MoneyValue | { decimal: string } | { fact: string } | { list: string } | readonly Value[];

/** The server gives documents as plain JSON that it has read strictly: the shape is known. */
export function asDocument(json: unknown): PolicyDocument {
  return (typeof json === "string" ? JSON.parse(json) : json) as PolicyDocument;
}

export function isGroup(one: Rule | Group): one is Group {
  return "rules" in one;
}

export function isThreshold(trigger: PolicyDocument["trigger"]): trigger is Threshold {
  return typeof trigger !== "string";
}

/** The name under which the facts of a trigger are found. */
export function triggerName(trigger: PolicyDocument["trigger"]): string {
  return isThreshold(trigger) ? trigger.type : trigger;
}

export function isMoneyValue(value: unknown): value is MoneyValue {
  return typeof value === "object" && value !== null && "money" in value && "currency" in value;
}
