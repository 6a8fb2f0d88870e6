import { SegmentedControl } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import classes from "@/case/Case.module.css";
import { CaseDetail } from "@/case/CaseDetail";
import { CaseQueue } from "@/case/CaseQueue";
import { useCasesChanged } from "@/case/useCasesChanged";
import { neighbour, useQueueKeys } from "@/case/useQueueKeys";
import { CasesDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { InboxPage } from "@/templates/InboxPage";
import { Empty, Failure } from "@/ui/Said";

const PAGE = 100;
const route = getRouteApi("/inside/cases");

/** What this person's roles have to look into; whoever resolves one finds the next open. */
export function Cases() {
  const may = useMay("case.read");
  if (may === false)
    return (
      <Empty page title="This page is not for your roles">
        <Link to="/work">Go to your work</Link>
      </Empty>
    );
  return <Inbox />;
}

function Inbox() {
  const { state, case: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const [done, setDone] = useState<{ number: string; next: string | undefined }>();
  const filter = state === "RESOLVED" ? { states: ["RESOLVED" as const] } : state === "MINE" ? { mine: true } : {};
  const [{ data, error }, refetch] = useQuery({ query: CasesDocument, variables: { filter, first: PAGE, after: null } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useCasesChanged(again);
  useRefetchOnFocus(again);
  const rows = data?.cases.edges.map(({ node }) => node);
  const ids = rows?.map(({ id }) => id) ?? [];
  const show = (id: string | undefined) =>
    void navigate({ search: { ...(state ? { state } : {}), ...(id ? { case: id } : {}) }, resetScroll: false });
  useQueueKeys(ids, chosen, show);
  function resolved(number: string) {
    const next = chosen && state !== "RESOLVED" ? neighbour(ids, chosen) : chosen;
    setDone({ number, next });
    show(next);
    again();
  }
  return (
    <InboxPage
      title="Cases"
      queueName="Queue"
      total={data?.cases.totalCount}
      tools={
        <SegmentedControl
          aria-label="Which cases"
          size="sm"
          value={state ?? "WAITING"}
          onChange={(value) => void navigate({ search: value === "WAITING" ? {} : { state: value }, replace: true })}
          data={[
            { value: "WAITING", label: "Waiting" },
            { value: "MINE", label: "Mine" },
            { value: "RESOLVED", label: "Resolved" },
          ]}
        />
      }
      queue={
        <>
          <p role="status" className={classes["hint"]}>{done ? `${done.number} is resolved.` : null}</p>
          {error && !data ? (
            <Failure title="The cases could not be loaded" again={again}>
              {errorText(error)}
            </Failure>
          ) : null}
          {rows?.length === 0 ? <Empty title={state === "RESOLVED" ? "Nothing was resolved yet" : "Nothing waits here"} /> : null}
          {rows ? <CaseQueue rows={rows} chosen={chosen} state={state} /> : null}
        </>
      }
      detail={
        chosen ? <CaseDetail key={chosen} id={chosen} takesFocus={done?.next === chosen} onResolved={resolved} /> : null
      }
    />
  );
}
