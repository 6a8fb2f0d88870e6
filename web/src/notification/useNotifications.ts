import { useEffect, useEffectEvent } from "react";
import { useMutation, useQuery, useSubscription } from "urql";
import { onReconnect } from "@/api/connection";
import { NotificationsChangedDocument, NotificationsDocument, ReadNotificationsDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";

/** What this person was told lately, kept true; and how to say that it was read, some of it or all. */
export function useNotifications() {
  const [{ data }, reexecute] = useQuery({ query: NotificationsDocument });
  const [, mutate] = useMutation(ReadNotificationsDocument);
  const refetch = () => reexecute({ requestPolicy: "network-only" });
  const again = useEffectEvent(refetch);
  useSubscription({ query: NotificationsChangedDocument }, (count: number | undefined) => {
    queueMicrotask(refetch);
    return (count ?? 0) + 1;
  });
  useEffect(() => onReconnect(() => again()), []);
  useRefetchOnFocus(refetch);
  return {
    told: data?.notifications.edges.map(({ node }) => node) ?? [],
    unread: data?.notifications.unreadCount ?? 0,
    read: (ids?: string[]) => mutate({ ids: ids ?? null }).then(refetch),
  };
}
