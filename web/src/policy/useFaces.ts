import { useMemo } from "react";
import type { PolicyDocument } from "./document";
import { type Face, faceOf } from "./drawing";
import type { Facts } from "./fact";

/** What is written on each node. */
export function useFaces(document: PolicyDocument, facts: Facts, labels: ReadonlyMap<string, string>): ReadonlyMap<string, Face> {
  return useMemo(
    () => new Map(document.graph.nodes.map((node) => [node.id, faceOf(node, document, facts, labels)])),
    [document, facts, labels],
  );
}
