import { useQuery } from "urql";
import { PermissionsDocument } from "@/gen/graphql";

/** Whether this person may do an operation, such as "order.create"; undefined until it is known. */
export function useMay(operation: string): boolean | undefined {
  const [{ data }] = useQuery({ query: PermissionsDocument, requestPolicy: "cache-first" });
  return data?.me?.permissions.includes(operation);
}
