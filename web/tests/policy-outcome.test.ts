import { describe, expect, test } from "vitest";
import { rowOutcome } from "@/policy/rowOutcome";

const evaluation = (outcome: string, mode = "enforce") => ({ outcome, mode });

describe("the outcome of a decision in a list", () => {
  test("is the worst of the policies that decide", () => {
    expect(rowOutcome({ status: "decided", evaluations: [evaluation("hit"), evaluation("unknown"), evaluation("snoozed")] })).toEqual({ label: "Unknown", tone: "warning" });
    expect(rowOutcome({ status: "failed", evaluations: [] })).toEqual({ label: "Failed", tone: "bad" });
  });

  test("is nothing to do where only a shadow has hit, and says so", () => {
    expect(rowOutcome({ status: "decided", evaluations: [evaluation("hit", "shadow")] })).toEqual({ label: "Nothing to do (shadow: hit)", tone: "neutral" });
    expect(rowOutcome({ status: "decided", evaluations: [evaluation("error", "shadow"), evaluation("hit")] })).toEqual({ label: "Hit", tone: "active" });
    expect(rowOutcome({ status: "decided", evaluations: [] })).toEqual({ label: "Nothing to do", tone: "neutral" });
  });
});
