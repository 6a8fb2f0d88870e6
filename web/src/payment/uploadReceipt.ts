import type { Outcome } from "@/workflow/outcome";

/** Send a receipt to the server and tell what came of it. */
export async function uploadReceipt(paymentId: string, file: File): Promise<Outcome> {
  const body = new FormData();
  body.append("paymentId", paymentId);
  body.append("file", file);
  let answer: Response;
  try {
    answer = await fetch("/payments/receipts", { method: "POST", body });
  } catch {
    return { kind: "failed", message: "The server cannot be reached. Trying again is safe." };
  }
  if (answer.ok) return { kind: "applied", message: "The receipt is kept" };
  return { kind: "refused", message: await detailOf(answer), reasons: [] };
}

/** What the server, or whatever stands before it, says. */
async function detailOf(answer: Response): Promise<string> {
  const problem: unknown = await answer.json().catch(() => undefined);
  const detail = typeof problem === "object" && problem !== null && "detail" in problem ? problem.detail : undefined;
  return typeof detail === "string" ? detail : `The receipt was not taken: the server answered ${answer.status}.`;
}
