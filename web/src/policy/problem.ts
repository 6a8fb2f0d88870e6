import type { Outcome } from "@/workflow/outcome";
import type { PolicyDocument } from "./document";

/** What the server finds wrong with a document, at its JSON path (`graph.nodes[1].group.rules[0].value`). */
export type PolicyProblem = { path: string; code: string; message: string };

const NODE = /^graph\.nodes\[(\d+)\](?:\.(.*))?$/;

/** The problems of each node by its id; those of the rest of the document under "". Paths are those within the node. */
export function problemsByNode(problems: readonly PolicyProblem[], { graph }: Pick<PolicyDocument, "graph">) {
  const found = new Map<string, PolicyProblem[]>();
  for (const problem of problems) {
    const [, number, rest = ""] = NODE.exec(problem.path) ?? [];
    const id = number === undefined ? undefined : graph.nodes[Number(number)]?.id;
    const key = id ?? "";
    found.set(key, [...(found.get(key) ?? []), id === undefined ? problem : { ...problem, path: rest }]);
  }
  return found;
}

/** The path of a rule within its node, from where it stands in the query: [0, 2] is `group.rules[0].rules[2]`. */
export function rulePath(path: readonly number[]): string {
  return ["group", ...path.map((place) => `rules[${place}]`)].join(".");
}

/** The messages at a path or below it. */
export function messagesAt(problems: readonly PolicyProblem[], path: string): string[] {
  return problems.filter((one) => one.path === path || one.path.startsWith(`${path}.`) || one.path.startsWith(`${path}[`)).map(({ message }) => message);
}

/** What a refusal says of a document: its reasons that name a path. */
export function problemsOf(outcome: Outcome | undefined): PolicyProblem[] {
  const reasons = outcome?.kind === "refused" ? outcome.reasons : [];
  return reasons.flatMap(({ code, message, values }) => {
    const path = typeof values === "object" && values !== null && "path" in values ? values.path : undefined;
    return typeof path === "string" ? [{ path, code, message }] : [];
  });
}
