import { words } from "@/format/word";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Cause } from "./Cause";
import { facts } from "./facts";
import { causeOf, type Lifecycle, type LoggedEntry, mergedLog, type PastMoment, rowId } from "./lifecycle";
import classes from "./TransitionLog.module.css";

type Props = {
  lifecycles: readonly Lifecycle[];
  moment: PastMoment | undefined;
  onMoment: (moment: PastMoment | undefined) => void;
  /** Show the chart of a lifecycle. */
  onShow: (lifecycleId: string) => void;
};

/** What happened, newest first, in every lifecycle of the page; pointing at a row shows that moment in the chart. */
export function TransitionLog({ lifecycles, moment, onMoment, onShow }: Props) {
  const rows = mergedLog(lifecycles);
  return (
    <ol className={classes["log"]} aria-label="Transition log" onMouseLeave={() => onMoment(undefined)}>
      {rows.map((row) => (
        <Row
          key={rowId(row)}
          row={row}
          cause={causeOf(row.entry, rows)}
          several={lifecycles.length > 1}
          shown={moment?.instanceId === row.lifecycle.workflow.instanceId && moment.version === row.entry.version}
          onMoment={onMoment}
          onShow={onShow}
        />
      ))}
    </ol>
  );
}

type RowProps = {
  row: LoggedEntry;
  cause: LoggedEntry | undefined;
  several: boolean;
  shown: boolean;
} & Pick<Props, "onMoment" | "onShow">;

function Row({ row, cause, several, shown, onMoment, onShow }: RowProps) {
  const { lifecycle, entry } = row;
  const { instanceId } = lifecycle.workflow;
  const here = { instanceId, version: entry.version };
  return (
    <li
      id={rowId(row)}
      className={classes["row"]}
      data-shown={shown || undefined}
      onMouseEnter={() => onMoment(here)}
      onFocus={() => onMoment(here)}
      onBlur={() => onMoment(undefined)}
    >
      <div className={classes["what"]}>
        <button
          type="button"
          className={classes["event"]}
          title="Show this moment in the chart"
          onClick={() => {
            onShow(lifecycle.id);
            onMoment(here);
          }}
        >
          {entry.label}
        </button>
        {several ? <span className={classes["where"]}>{lifecycle.title}</span> : null}
        <span className={classes["states"]}>
          {entry.fromLabel && entry.fromLabel !== entry.toLabel ? (
            <span className={classes["from"]}>{entry.fromLabel} {"\u2192"}</span>
          ) : null}
          <Chip label={entry.toLabel} tone={entry.toTone} />
        </span>
      </div>
      <Particulars entry={entry} cause={cause} />
    </li>
  );
}

function Particulars({ entry, cause }: { entry: LoggedEntry["entry"]; cause: LoggedEntry | undefined }) {
  // What a thing started with is on the page already, and much of it is for machines.
  const data = entry.version === 1 ? [] : facts(entry.data);
  return (
    <div className={classes["particulars"]}>
      <span>
        {entry.actor.name}
        {entry.actor.kind === "user" ? null : <span className={classes["kind"]}> ({entry.actor.kind})</span>}
      </span>
      <Moment at={entry.occurredAt} />
      <span title={`Correlation: ${entry.correlationId}. Recorded ${entry.recordedAt}`}>version {entry.version}</span>
      {entry.origin === "live" ? null : <span>{entry.origin}</span>}
      {entry.causationId ? <Cause id={entry.causationId} of={cause} /> : null}
      {entry.reason ? <span className={classes["reason"]}>{"\u201c"}{entry.reason}{"\u201d"}</span> : null}
      {data.length > 0 ? (
        <span className={classes["data"]} title={JSON.stringify(entry.data, null, 1)}>
          {data.map(({ name, text }) => `${words(name)}: ${text}`).join(" · ")}
        </span>
      ) : null}
    </div>
  );
}
