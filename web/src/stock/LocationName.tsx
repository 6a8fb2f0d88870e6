import { useQuery } from "urql";
import { LocationsDocument } from "@/gen/graphql";

/** A location by its name; by its id for who may not see the locations, and a dash for none. */
export function LocationName({ id }: { id: string | null | undefined }) {
  const [{ data }] = useQuery({ query: LocationsDocument, requestPolicy: "cache-first" });
  return <>{data?.locations.edges.find(({ node }) => node.id === id)?.node.name ?? id ?? "\u2013"}</>;
}
