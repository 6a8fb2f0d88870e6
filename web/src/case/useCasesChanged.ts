import { useSubscription } from "urql";
import { CasesChangedDocument } from "@/gen/graphql";

/** Ask again when the server says that some case changed, in whichever process; of one order only if it is named. */
export function useCasesChanged(refetch: () => void, { pause = false, orderId }: { pause?: boolean; orderId?: string } = {}): void {
  useSubscription({ query: CasesChangedDocument, pause }, (count: number | undefined, { casesChanged }) => {
    if (!orderId || !casesChanged.orderIds || casesChanged.orderIds.includes(orderId)) queueMicrotask(refetch);
    return (count ?? 0) + 1;
  });
}
