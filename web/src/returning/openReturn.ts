import type { Added } from "@/form/field";

/** Which return is open, by the context of its fulfilment: an event names it, so that it never moves another one. */
export function openReturn(context: unknown): Added {
  const open = valueOf(context, "return");
  const returnId = valueOf(open, "returnId");
  return typeof returnId === "string" ? { returnId } : {};
}

function valueOf(of: unknown, key: string): unknown {
  return typeof of === "object" && of !== null ? (of as Record<string, unknown>)[key] : undefined;
}
