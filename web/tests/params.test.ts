import { expect, test } from "vitest";
import { wantedOf } from "@/fulfilment/work";
import {
  filterOf,
  parseAboutParams,
  parseListParams,
  parseSearch,
  parseWorkParams,
  statesOf,
  stringifySearch,
  toggleState,
  withCursor,
  withEntity,
  withSearch,
} from "@/list/params";

test("an address keeps what a list understands and drops the rest", () => {
  expect(parseListParams({ q: "SO-1", state: "A,B", after: "x", page: "2", empty: "" })).toEqual({
    q: "SO-1",
    state: "A,B",
    after: "x",
  });
  expect(parseListParams({ q: 7 })).toEqual({});
});

test("a state is added and removed, and paging starts anew", () => {
  const one = toggleState({ q: "desk", after: "x" }, "FROZEN");
  expect(one).toEqual({ q: "desk", state: "FROZEN" });
  expect(statesOf(toggleState(one, "EXPIRED"))).toEqual(["FROZEN", "EXPIRED"]);
  expect(toggleState(one, "FROZEN")).toEqual({ q: "desk" });
});

test("a search keeps the states and starts on the first page", () => {
  expect(withSearch({ state: "FROZEN", after: "x" }, "  ada ")).toEqual({ q: "ada", state: "FROZEN" });
  expect(withSearch({ q: "ada" }, "")).toEqual({});
});

test("a cursor keeps search and states", () => {
  expect(withCursor({ q: "ada", state: "A" }, "c1")).toEqual({ q: "ada", state: "A", after: "c1" });
  expect(withCursor({ q: "ada", after: "c1" }, undefined)).toEqual({ q: "ada" });
});

test("the query's filter has no empty parts", () => {
  expect(filterOf({})).toEqual({});
  expect(filterOf({ q: "ada", state: "A,B" })).toEqual({ search: "ada", states: ["A", "B"] });
});

test("a kind of work outlives a search and a page, and gives way to a state", () => {
  const params = parseWorkParams({ work: "BACKORDERS", q: "SO-1", after: "x" });
  expect(withSearch(params, "SO-2")).toEqual({ work: "BACKORDERS", q: "SO-2" });
  expect(withCursor(params, "y")).toEqual({ ...params, after: "y" });
  expect(toggleState(params, "SHIPPED")).toEqual({ q: "SO-1", state: "SHIPPED" });
  expect(wantedOf(params)).toEqual({ search: "SO-1", states: ["BACKORDERED"], oldestFirst: true });
  expect(wantedOf({ work: "SHIP" })).toEqual({ work: "SHIP", oldestFirst: true });
  expect(wantedOf({ work: "NOBODY_KNOWS", state: "SHIPPED" })).toEqual({ states: ["SHIPPED"] });
});

test("what a list is about outlives a search, a state and a page, and an id needs a type", () => {
  const params = parseAboutParams({ entity: "KYC", id: "k1", after: "x" });
  expect(withSearch(params, "ada")).toEqual({ entity: "KYC", id: "k1", q: "ada" });
  expect(toggleState(params, "OVERDUE")).toEqual({ entity: "KYC", id: "k1", state: "OVERDUE" });
  expect(withCursor(params, "y")).toEqual({ ...params, after: "y" });
  expect(withEntity({ ...params, q: "ada" }, "User")).toEqual({ entity: "User", q: "ada" });
  expect(withEntity(params, "")).toEqual({});
  expect(parseAboutParams({ id: "k1" })).toEqual({});
});

test("an address is written as plain texts and read back", () => {
  const written = stringifySearch({ q: "10 & 20", state: "A,B", after: undefined });
  expect(written).toBe("?q=10+%26+20&state=A%2CB");
  expect(parseSearch(written)).toEqual({ q: "10 & 20", state: "A,B" });
  expect(stringifySearch({})).toBe("");
  expect(parseSearch("?q=0012")).toEqual({ q: "0012" });
});

test("states narrow a list that is about one SKU, they do not leave it", () => {
  expect(toggleState({ sku: "ANVIL", after: "c" }, "PICKING")).toEqual({ sku: "ANVIL", state: "PICKING" });
  expect(toggleState({ sku: "ANVIL", state: "PICKING" }, "PICKING")).toEqual({ sku: "ANVIL" });
});
