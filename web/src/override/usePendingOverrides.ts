import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { PendingOverridesDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";

const PAUSE = 30_000;

/** How many override requests wait, for who may vote on them; undefined for others. */
export function usePendingOverrides(): number | undefined {
  const may = useMay("override.vote") === true;
  const [{ data }, refetch] = useQuery({ query: PendingOverridesDocument, pause: !may });
  useRefetchWhileVisible(() => may && refetch({ requestPolicy: "network-only" }), PAUSE);
  return may ? data?.overrideRequests.totalCount : undefined;
}
