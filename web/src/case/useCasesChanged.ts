import { useEffect, useEffectEvent } from "react";
import { useSubscription } from "urql";
import { onReconnect } from "@/api/connection";
import { CasesChangedDocument } from "@/gen/graphql";

/** Ask again when the server says that some case changed, in whichever process, and after a lost connection; of one order only if it is named. */
export function useCasesChanged(refetch: () => void, { pause = false, orderId }: { pause?: boolean; orderId?: string } = {}): void {
  useSubscription({ query: CasesChangedDocument, pause }, (count: number | undefined, { casesChanged }) => {
    if (!orderId || !casesChanged.orderIds || casesChanged.orderIds.includes(orderId)) queueMicrotask(refetch);
    return (count ?? 0) + 1;
  });
  const again = useEffectEvent(() => {
    if (!pause) refetch();
  });
  useEffect(() => onReconnect(() => again()), []);
}
