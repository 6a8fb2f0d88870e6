import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { OpenIncidentsDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";

const PAUSE = 30_000;

/** How many incidents are open, for who may see them; undefined for others. */
export function useOpenIncidents(): number | undefined {
  const may = useMay("incident.read") === true;
  const [{ data }, refetch] = useQuery({ query: OpenIncidentsDocument, pause: !may });
  useRefetchWhileVisible(() => may && refetch({ requestPolicy: "network-only" }), PAUSE);
  return may ? data?.incidents.totalCount : undefined;
}
