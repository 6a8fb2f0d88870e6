import { Button, Checkbox } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { type DeadLetterRowFragment, DeadLettersDocument } from "@/gen/graphql";
import { usePaging } from "@/list/usePaging";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { Belongs } from "./Belongs";
import { Facts, type Particular } from "./Facts";
import { History, RetryForm } from "./RetryForm";
import { Section } from "./Section";
import classes from "./System.module.css";
import { useRetryMany } from "./useRetryMany";

const PAGE = 50;
const route = getRouteApi("/inside/system/dead-letters");

/** What failed for the last time: why, with what, and the ways to have it tried again. */
export function DeadLetters() {
  const params = route.useSearch();
  const variables = { name: null, first: PAGE, after: params.after ?? null };
  const [{ data, error }, refetch] = useQuery({ query: DeadLettersDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  const list = data?.deadLetters;
  const rows = list?.edges.map(({ node }) => node);
  const paging = usePaging("/system/dead-letters", params, list?.pageInfo);
  const mayRetry = useMay("deadletter.retry") === true;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const there = rows?.filter(({ id }) => chosen.has(id)).map(({ id }) => id) ?? [];
  const many = useRetryMany(() => setChosen(new Set()));
  const choose = (ids: readonly string[], is: boolean) =>
    setChosen((known) => new Set(is ? [...known, ...ids] : [...known].filter((id) => !ids.includes(id))));
  return (
    <Section
      noun="Dead letters"
      none="Nothing has failed for the last time"
      rows={rows}
      error={error}
      again={again}
      paging={paging}
      tools={
        mayRetry && rows?.length ? (
          <>
            <Checkbox
              label="All on this page"
              checked={there.length === rows.length}
              indeterminate={there.length > 0 && there.length < rows.length}
              onChange={(event) => choose(rows.map(({ id }) => id), event.currentTarget.checked)}
            />
            <Button loading={many.busy} disabled={there.length === 0} onClick={() => void many.retry(there)}>
              {there.length === 0 ? "Retry chosen" : `Retry ${there.length} chosen`}
            </Button>
          </>
        ) : null
      }
    >
      {(letters) => (
        <>
          <ul className={classes["rows"]}>
            {letters.map((row) => (
              <Row
                key={row.id}
                row={row}
                mayRetry={mayRetry}
                chosen={chosen.has(row.id)}
                onChoose={(is) => choose([row.id], is)}
              />
            ))}
          </ul>
          <OutcomeNotice outcome={many.outcome} />
        </>
      )}
    </Section>
  );
}

type RowProps = {
  row: DeadLetterRowFragment;
  mayRetry: boolean;
  chosen: boolean;
  onChoose: (is: boolean) => void;
};

function Row({ row, mayRetry, chosen, onChoose }: RowProps) {
  return (
    <li className={classes["row"]} data-tone="bad">
      <div className={classes["head"]}>
        {mayRetry ? (
          <Checkbox
            aria-label={`Choose ${row.name} ${row.key}`}
            checked={chosen}
            onChange={(event) => onChoose(event.currentTarget.checked)}
          />
        ) : null}
        <Chip label={row.name} tone="bad" description={row.source === "JOB" ? "a job" : "a consumer of events"} />
        <span className={classes["cause"]}>{row.error ?? "No error was told"}</span>
      </div>
      <Facts of={particulars(row)} />
      <div className={classes["acts"]}>
        {mayRetry ? (
          <details className={classes["more"]}>
            <summary>{row.source === "JOB" ? "Correct and retry" : "Retry"}</summary>
            <RetryForm row={row} />
          </details>
        ) : null}
        <details className={classes["more"]}>
          <summary>Payload and history</summary>
          <pre className={classes["json"]}>{JSON.stringify(row.payload, null, 2)}</pre>
          <History row={row} />
        </details>
      </div>
    </li>
  );
}

function particulars(row: DeadLetterRowFragment): Particular[] {
  return [
    { name: "Of", value: <Belongs to={row.belongsTo} otherwise={row.rootId} /> },
    { name: row.source === "JOB" ? "Key" : "Event", value: <code>{row.key}</code> },
    { name: "Attempts", value: row.attempts },
    ...(row.diedAt ? [{ name: "Given up", value: <Moment at={row.diedAt} /> }] : []),
  ];
}
