import { SegmentedControl } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { ApprovalDetail } from "@/approval/ApprovalDetail";
import { useApprovalQueue } from "@/approval/useApprovalQueue";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { following, stepped, useLetters } from "@/override/keys";
import { OverrideDetail } from "@/override/OverrideDetail";
import { OverrideQueue } from "@/override/OverrideQueue";
import { InboxPage } from "@/templates/InboxPage";
import { Empty, Failure } from "@/ui/Said";
import classes from "@/override/Override.module.css";

const route = getRouteApi("/inside/approvals");

/** What waits for a decision, with its evidence; whoever decides one finds the next open. */
export function Approvals() {
  const may = useMay("override.read");
  const mayOthers = useMay("approval.read");
  if (may === false && mayOthers === false)
    return (
      <Empty page title="This page is not for your roles">
        <Link to="/work">Go to your work</Link>
      </Empty>
    );
  return may || mayOthers ? <Inbox /> : null;
}

function Inbox() {
  const may = useMay("override.read") === true;
  const { state, request: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const [done, setDone] = useState<{ number: string; next: string | undefined }>();
  const { rows, error, again } = useApprovalQueue(state);
  useRefetchWhileVisible(again);
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
      total={rows?.length}
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
          {error && !rows ? (
            <Failure title="The requests could not be loaded" again={again}>
              {errorText(error)}
            </Failure>
          ) : null}
          {rows?.length === 0 ? <Empty title="Nothing waits for a decision" /> : null}
          {rows ? <OverrideQueue rows={rows} chosen={chosen} state={state} /> : null}
        </>
      }
      detail={
        chosen && rows ? (
          <Opened key={chosen} id={chosen} takesFocus={done?.next === chosen} onDecided={decided} isOther={!may || rows.some((row) => row.id === chosen && !row.isOverride)} />
        ) : null
      }
    />
  );
}

type OpenedProps = { id: string; isOther: boolean; takesFocus: boolean; onDecided: (subject: string) => void };

/** A request, with the evidence of an order where it is about one; it stays open when somebody else decides it. */
function Opened({ isOther, ...rest }: OpenedProps) {
  const [wasOther] = useState(isOther);
  const mayOthers = useMay("approval.read") === true;
  const other = mayOthers ? <ApprovalDetail {...rest} /> : <Empty title="There is no such request" />;
  return wasOther ? other : <OverrideDetail {...rest} otherwise={other} />;
}
