import { type Group, isGroup, type PolicyDocument, type Value } from "./document";
import { isOf } from "./operator";

const PLACE = /\{\{\s*([\w.]+)\s*\}\}/g;

/** The facts that a policy reads, each once, in the order in which it comes to them. */
export function factsRead({ graph }: Pick<PolicyDocument, "graph">): string[] {
  const read = graph.nodes.flatMap((node) => (node.type === "condition" ? ofGroup(node.group) : node.type === "action" ? ofConfig(node.config) : []));
  return [...new Set(read)];
}

function ofGroup({ rules }: Group): string[] {
  return rules.flatMap((one) => (isGroup(one) ? ofGroup(one) : [one.field, ...ofValue(one.value)]));
}

function ofValue(value: Value | undefined): string[] {
  return isOf(value, "fact") ? [value.fact] : [];
}

function ofConfig(config: Readonly<Record<string, unknown>>): string[] {
  const texts = Object.values(config).filter((value) => typeof value === "string");
  return texts.flatMap((text) => [...text.matchAll(PLACE)].map(([, name = ""]) => name));
}
