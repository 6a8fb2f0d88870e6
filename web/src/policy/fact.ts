import { words } from "@/format/word";

export type FactType = "boolean" | "number" | "text" | "money" | "list" | "object";

/** One fact that an event brings, as the server describes it; `items` is the type of what a list holds, if it is one. */
export type Fact = { name: string; type: string; items?: string | null; label?: string | null; sensitive?: boolean };

/** The facts of a trigger by their names. */
export type Facts = ReadonlyMap<string, Fact>;

export function factsByName(facts: readonly Fact[]): Facts {
  return new Map(facts.map((fact) => [fact.name, fact]));
}

/** What people call a fact: the server's label, else its name in words. */
export function factLabel(name: string, facts: Facts): string {
  const label = facts.get(name)?.label;
  return label && label !== name ? label : words(name);
}
