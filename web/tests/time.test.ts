import { expect, test } from "vitest";
import { exactTime, relativeTime } from "@/format/time";

const NOW = new Date("2026-03-01T12:00:00Z");

test.each([
  ["2026-03-01T11:59:40Z", "just now"],
  ["2026-03-01T11:55:00Z", "5 min. ago"],
  ["2026-03-01T09:10:00Z", "2 hr. ago"],
  ["2026-02-28T11:00:00Z", "yesterday"],
  ["2026-03-04T13:00:00Z", "in 3 days"],
  ["2026-03-01T12:00:30Z", "in a moment"],
])("%s is said as %s", (at, said) => {
  expect(relativeTime(at, NOW)).toBe(said);
});

test("the exact time goes to the second and names its zone", () => {
  expect(exactTime("2026-03-01T11:59:40Z", "UTC")).toBe("1 Mar 2026, 11:59:40 UTC");
});

test("what is no time is shown as it is", () => {
  expect(relativeTime("soon", NOW)).toBe("soon");
  expect(exactTime("soon")).toBe("soon");
});
