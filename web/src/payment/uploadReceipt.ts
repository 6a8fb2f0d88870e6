import type { Outcome } from "@/workflow/outcome";

/** Send a receipt to the server and tell what came of it. */
export async function uploadReceipt(paymentId: string, file: File): Promise<Outcome> {
  const body = new FormData();
  body.append("paymentId", paymentId);
  body.append("file", file);
  try {
    const answer = await fetch("/payments/receipts", { method: "POST", body });
    if (answer.ok) return { kind: "applied", message: "The receipt is kept" };
    return { kind: "refused", message: detailOf(await answer.json()), reasons: [] };
  } catch {
    return { kind: "failed", message: "The server cannot be reached. Trying again is safe." };
  }
}

function detailOf(problem: unknown): string {
  const detail = typeof problem === "object" && problem !== null && "detail" in problem ? problem.detail : undefined;
  return typeof detail === "string" ? detail : "The receipt was not taken.";
}
