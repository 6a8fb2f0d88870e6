import ELK, { type ElkNode } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";

let elk: InstanceType<typeof ELK> | undefined;

/** Start the worker: it takes longer to load than to lay out, so early is good. */
export function warm(): InstanceType<typeof ELK> {
  elk ??= new ELK({ workerUrl });
  return elk;
}

/** Lay a chart out, in a worker so that the page stays quick. */
export function layOut(input: ElkNode): Promise<ElkNode> {
  return warm().layout(input);
}
