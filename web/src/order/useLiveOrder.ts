import { useEffect, useEffectEvent } from "react";
import { useQuery, useSubscription } from "urql";
import { onReconnect } from "@/api/connection";
import { OrderDocument, WorkflowChangedDocument } from "@/gen/graphql";

/** An order and its sale, kept true: refetched when the server says that something changed, and after a lost connection. */
export function useLiveOrder(id: string) {
  const [answer, reexecute] = useQuery({ query: OrderDocument, variables: { id } });
  const refetch = () => reexecute({ requestPolicy: "network-only" });
  const again = useEffectEvent(refetch);
  useSubscription({ query: WorkflowChangedDocument, variables: { orderId: id } }, (count: number | undefined) => {
    queueMicrotask(refetch);
    return (count ?? 0) + 1;
  });
  useEffect(() => onReconnect(() => again()), []);
  return { ...answer, refetch };
}
