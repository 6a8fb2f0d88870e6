import { useEffect, useState } from "react";
import { useClient } from "urql";
import { FulfilmentWorkflowDocument, type OrderQuery } from "@/gen/graphql";
import type { Lifecycle } from "@/workflow/lifecycle";

type Fulfilment = NonNullable<OrderQuery["order"]>["fulfilments"][number];

/** The lifecycles of an order's fulfilments; asked for again whenever the order's answer is a new one. */
export function useFulfilments(fulfilments: readonly Fulfilment[] | undefined): readonly Lifecycle[] {
  const client = useClient();
  const [lifecycles, setLifecycles] = useState<readonly Lifecycle[]>([]);
  useEffect(() => {
    let current = true;
    const ask = async ({ id, number }: Fulfilment): Promise<Lifecycle[]> => {
      const { data } = await client.query(FulfilmentWorkflowDocument, { id }, { requestPolicy: "network-only" });
      const workflow = data?.fulfilmentWorkflow;
      return workflow ? [{ id, title: number, workflow }] : [];
    };
    void Promise.all((fulfilments ?? []).map(ask)).then((answers) => {
      if (current) setLifecycles(answers.flat());
    });
    return () => {
      current = false;
    };
  }, [client, fulfilments]);
  return lifecycles;
}
