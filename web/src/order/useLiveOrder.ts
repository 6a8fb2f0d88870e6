import { useQuery } from "urql";
import { OrderDocument } from "@/gen/graphql";
import { useOrderChanged } from "./useOrderChanged";

/** An order and its sale, kept true: refetched when the server says that something changed, and after a lost connection. */
export function useLiveOrder(id: string) {
  const [answer, reexecute] = useQuery({ query: OrderDocument, variables: { id } });
  const refetch = () => reexecute({ requestPolicy: "network-only" });
  useOrderChanged(id, refetch);
  return { ...answer, refetch };
}
