import { afterEach, expect, test, vi } from "vitest";
import { uploadReceipt } from "@/payment/uploadReceipt";

afterEach(() => vi.unstubAllGlobals());

const FILE = new File(["%PDF"], "paid.pdf");

test("a receipt that is refused without a reason in JSON is not said to have met a server out of reach", async () => {
  vi.stubGlobal("fetch", async () => new Response("<h1>Too large</h1>", { status: 413, headers: { "content-type": "text/html" } }));
  expect(await uploadReceipt("p", FILE)).toEqual({ kind: "refused", message: "The receipt was not taken: the server answered 413.", reasons: [] });
});

test("a receipt that nobody answers may be sent again", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  expect((await uploadReceipt("p", FILE)).kind).toBe("failed");
});
