import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { WaitingCasesDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { useCasesChanged } from "./useCasesChanged";

const PAUSE = 60_000;

/** How many cases wait in the queues of this person; undefined for who has none. */
export function useWaitingCases(): number | undefined {
  const may = useMay("case.read") === true;
  const [{ data }, refetch] = useQuery({ query: WaitingCasesDocument, pause: !may });
  const again = () => refetch({ requestPolicy: "network-only" });
  useCasesChanged(again, { pause: !may });
  useRefetchWhileVisible(() => may && again(), PAUSE);
  return may ? data?.cases.totalCount : undefined;
}
