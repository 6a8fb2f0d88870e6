import { useMemo } from "react";
import { useQuery } from "urql";
import { PolicyTriggersDocument } from "@/gen/graphql";
import { type Facts, factsByName } from "./fact";

const NO_FACTS: Facts = new Map();

/** What policies may wait for, with the facts of each and the names of the lists; the server's words. */
export function useTriggers() {
  const [{ data, error }] = useQuery({ query: PolicyTriggersDocument, requestPolicy: "cache-first" });
  return useMemo(() => {
    // What hosts and the house tell comes before the many domain events.
    const triggers = (data?.policyTriggers ?? []).toSorted((a, b) => Number(isDomainEvent(a.name)) - Number(isDomainEvent(b.name)));
    const facts = new Map(
      triggers.map((one) => [
        one.name,
        factsByName(one.facts.map(({ path, type, items, label, isSensitive }) => ({ name: path, type, items, label, sensitive: isSensitive }))),
      ]),
    );
    return {
      triggers,
      labels: new Map(triggers.map(({ name, label }) => [name, label])) as ReadonlyMap<string, string>,
      lists: (data?.policyLists ?? []).map(({ name }) => name),
      factsOf: (trigger: string): Facts => facts.get(trigger) ?? NO_FACTS,
      isThere: data !== undefined,
      error,
    };
  }, [data, error]);
}

/** A domain event, such as sale.cleared. */
function isDomainEvent(name: string): boolean {
  return name.includes(".");
}
