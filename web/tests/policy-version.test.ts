import { describe, expect, test } from "vitest";
import { baseOf, standingWords, versionToShow } from "@/policy/version";

const versions = [3, 2, 1].map((version) => ({ version }));
const QUIET = { latestVersion: 3, inForce: { version: 1 }, pending: null, versions };
const ASKED = { ...QUIET, pending: { version: 2 } };

describe("the version that a page shows", () => {
  test("is the one that waits for consent, whatever was saved since", () => {
    expect(versionToShow(ASKED, undefined)).toBe(2);
  });

  test("is the latest where nothing waits, and the one asked for where there is such a one", () => {
    expect(versionToShow(QUIET, undefined)).toBe(3);
    expect(versionToShow(ASKED, "3")).toBe(3);
    expect(versionToShow(ASKED, "9")).toBe(2);
  });

  test.each([
    [3, 1, 1], // not with 2, which never decided anything
    [2, 1, 1],
    [1, 1, undefined],
    [2, 2, 1],
    [1, 3, 3],
    [3, undefined, undefined],
  ])("version %s is compared, with %s in force, with %s", (version, inForce, base) => {
    expect(baseOf(version, inForce)).toBe(base);
  });

  test("says how it stands", () => {
    expect([1, 2, 3].map((one) => standingWords(ASKED, one))).toEqual(["in force", "waits for consent", "draft"]);
    expect(standingWords({ ...QUIET, inForce: { version: 2 } }, 1)).toBe("not in force");
    expect(standingWords({ ...ASKED, inForce: null, pending: { version: 1 } }, 1)).toBe("waits for consent");
    expect(standingWords({ ...ASKED, pending: { version: 1 } }, 1)).toBe("in force, waits for consent to other terms");
  });
});
