import { Button, NativeSelect, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { PoliciesOnDocument, type PoliciesOnQuery, SnoozePolicyDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { useAct } from "@/system/useAct";
import { Panel } from "@/templates/Panel";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { outcomeChip } from "./inForce";
import { EndSnooze } from "./EndSnooze";
import classes from "./Policy.module.css";

type One = PoliciesOnQuery["policiesOn"][number];
type Props = { entity: string; id: string };
const PAUSE = 15_000;

/** What policies came to on an entity, for who may see policies; each can be snoozed for it, and woken. */
export function PoliciesOn({ entity, id }: Props) {
  const may = useMay("policy.read") === true;
  const [{ data }, refetch] = useQuery({ query: PoliciesOnDocument, variables: { type: entity, id }, pause: !may });
  const again = () => may && refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again, PAUSE);
  const found = data?.policiesOn ?? [];
  if (!may || found.length === 0) return null;
  return (
    <Panel title="Policies that matched">
      <ul className={classes["rows"]}>
        {found.map((one) => (
          <Row key={one.policyId} {...{ one, entity, id, again }} />
        ))}
      </ul>
    </Panel>
  );
}

type RowProps = Props & { one: One; again: () => void };

function Row({ one, entity, id, again }: RowProps) {
  const { policyId, policyName, outcome, executionId, at, snooze } = one;
  const maySnooze = useMay("policy.snooze") === true;
  return (
    <li>
      <div className={classes["line"]}>
        <Link to="/policies/$policyId" params={{ policyId }}>
          {policyName}
        </Link>
        {outcome ? <Chip {...outcomeChip(outcome)} /> : null}
        {executionId && at ? (
          <Link to="/executions/$executionId" params={{ executionId }}>
            Decided <Moment at={at} />
          </Link>
        ) : null}
      </div>
      {snooze ? (
        <>
          <div>
            Snoozed by {snooze.by.name} until <Moment at={snooze.until} />: “{snooze.reason}”
          </div>
          {maySnooze ? <EndSnooze id={policyId} type={entity} entityId={id} onDone={again} /> : null}
        </>
      ) : maySnooze ? (
        <Snooze policy={one} entity={entity} id={id} onDone={again} />
      ) : null}
    </li>
  );
}

const DAY = 24 * 60 * 60 * 1000;
const TERMS = [
  { value: "1", label: "A day" },
  { value: "7", label: "A week" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
];

type SnoozeProps = Props & { policy: One; onDone: () => void };

/** Lets a policy have no say on this entity for a while, with a reason; what it has done already stays. */
function Snooze({ policy: { policyId, policyName }, entity, id, onDone }: SnoozeProps) {
  const [days, setDays] = useState("7");
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(SnoozePolicyDocument);
  async function submit(event: FormEvent) {
    event.preventDefault();
    const until = new Date(Date.now() + Number(days) * DAY).toISOString();
    const done = await act({ id: policyId, type: entity, entityId: id, until, reason: reason.trim() }, "Snoozed");
    if (done) onDone();
  }
  return (
    <details className={classes["more"]}>
      <summary>Snooze</summary>
      <form className={classes["stack"]} aria-label={`Snooze ${policyName}`} onSubmit={(event) => void submit(event)}>
        <span className={classes["dim"]}>It has no say here until then. What it holds back already stays held back.</span>
        <NativeSelect label="For" value={days} data={TERMS} onChange={(event) => setDays(event.currentTarget.value)} />
        <TextInput label="Reason" required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={!reason.trim()} style={{ alignSelf: "start" }}>
          Snooze
        </Button>
      </form>
    </details>
  );
}
