import { expect, test } from "vitest";
import { following, stepped } from "@/override/keys";

const QUEUE = ["a", "b", "c"];

test("a step goes to the neighbour, the ends hold, and nothing chosen begins at the first", () => {
  expect(stepped(QUEUE, "a", 1)).toBe("b");
  expect(stepped(QUEUE, "b", -1)).toBe("a");
  expect(stepped(QUEUE, "c", 1)).toBe("c");
  expect(stepped(QUEUE, "a", -1)).toBe("a");
  expect(stepped(QUEUE, undefined, 1)).toBe("a");
  expect(stepped(QUEUE, "gone", -1)).toBe("a");
  expect(stepped([], undefined, 1)).toBeUndefined();
});

test("behind what is decided the next one opens, behind the last the one before", () => {
  expect(following(QUEUE, "a")).toBe("b");
  expect(following(QUEUE, "c")).toBe("b");
  expect(following(["a"], "a")).toBeUndefined();
});
