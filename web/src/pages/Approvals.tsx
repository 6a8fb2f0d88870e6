import { SegmentedControl } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { OverridesDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { following, stepped, useLetters } from "@/override/keys";
import { OverrideDetail } from "@/override/OverrideDetail";
import { OverrideQueue } from "@/override/OverrideQueue";
import { InboxPage } from "@/templates/InboxPage";
import { Empty, Failure } from "@/ui/Said";
import classes from "@/override/Override.module.css";

const PAGE = 100;
const route = getRouteApi("/inside/approvals");

/** What waits for a decision, with its evidence; whoever decides one finds the next open. */
export function Approvals() {
  const may = useMay("override.read");
  if (may === false)
    return (
      <Empty page title="This page is not for your roles">
        <Link to="/work">Go to your work</Link>
      </Empty>
    );
  return may ? <Inbox /> : null;
}

function Inbox() {
  const { state, request: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const [done, setDone] = useState<{ number: string; next: string | undefined }>();
  const filter = state === "ALL" ? {} : { states: ["PENDING"] };
  const [{ data, error }, refetch] = useQuery({ query: OverridesDocument, variables: { filter, first: PAGE, after: null } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  const rows = data?.overrideRequests.edges.map(({ node }) => node);
  const ids = rows?.map(({ id }) => id) ?? [];
  const show = (id: string | undefined) =>
    void navigate({ search: { ...(state ? { state } : {}), ...(id ? { request: id } : {}) }, resetScroll: false });
  useLetters({ j: () => show(stepped(ids, chosen, 1)), k: () => show(stepped(ids, chosen, -1)) });

  function decided(number: string) {
    const next = chosen && state !== "ALL" ? following(ids, chosen) : chosen;
    setDone({ number, next });
    show(next);
    again();
  }

  return (
    <InboxPage
      title="Approvals"
      queueName="Queue"
      total={data?.overrideRequests.totalCount}
      tools={
        <SegmentedControl
          aria-label="Which requests"
          size="sm"
          value={state ?? "PENDING"}
          onChange={(value) => void navigate({ search: value === "ALL" ? { state: value } : {}, replace: true })}
          data={[
            { value: "PENDING", label: "Pending" },
            { value: "ALL", label: "All" },
          ]}
        />
      }
      queue={
        <>
          <p role="status" className={classes["told"]}>{done ? `The request on ${done.number} is decided.` : null}</p>
          {error && !data ? (
            <Failure title="The requests could not be loaded" again={again}>
              {errorText(error)}
            </Failure>
          ) : null}
          {rows?.length === 0 ? <Empty title="Nothing waits for a decision" /> : null}
          {rows ? <OverrideQueue rows={rows} chosen={chosen} state={state} /> : null}
        </>
      }
      detail={
        chosen ? (
          <OverrideDetail key={chosen} id={chosen} takesFocus={done?.next === chosen} onDecided={decided} />
        ) : null
      }
    />
  );
}
