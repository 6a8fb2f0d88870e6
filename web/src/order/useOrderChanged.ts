import { useEffect, useEffectEvent } from "react";
import { useSubscription } from "urql";
import { onReconnect } from "@/api/connection";
import { WorkflowChangedDocument } from "@/gen/graphql";

/** Asks again when a lifecycle of an order has changed, and after a lost connection; without an order it only waits. */
export function useOrderChanged(orderId: string | undefined, refetch: () => void): void {
  const again = useEffectEvent(refetch);
  const variables = { orderId: orderId ?? "" };
  useSubscription({ query: WorkflowChangedDocument, variables, pause: !orderId }, (count: number | undefined) => {
    queueMicrotask(refetch);
    return (count ?? 0) + 1;
  });
  useEffect(() => onReconnect(() => again()), []);
}
