import { gql } from "urql";
import { afterEach, expect, test, vi } from "vitest";
import { errorText, newClient } from "@/api/client";

const QUERY = gql`
  {
    __typename
  }
`;

afterEach(() => vi.unstubAllGlobals());

async function toldOf(answer: () => Promise<Response>): Promise<string | undefined> {
  vi.stubGlobal("fetch", answer);
  const { error } = await newClient().query(QUERY, {}).toPromise();
  return error && errorText(error);
}

test("a server that answers with an error is not said to be out of reach", async () => {
  const problem = JSON.stringify({ title: "database.unreachable", status: 503, detail: "the database does not answer" });
  const headers = { "content-type": "application/problem+json" };
  expect(await toldOf(async () => new Response(problem, { status: 503, headers }))).toBe(
    "The server answered 503. Try again in a moment.",
  );
  const page = { status: 502, headers: { "content-type": "text/html" } };
  expect(await toldOf(async () => new Response("<h1>Bad Gateway</h1>", page))).toBe(
    "The server answered 502. Try again in a moment.",
  );
});

test("a server that does not answer cannot be reached", async () => {
  expect(await toldOf(() => Promise.reject(new TypeError("Failed to fetch")))).toContain("cannot be reached");
});
