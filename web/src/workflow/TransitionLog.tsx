import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Cause } from "./Cause";
import { dataFacts, fullFacts } from "./facts";
import { causeOf, currencyOf, type Lifecycle, type LoggedEntry, mergedLog, type PastMoment, rowId } from "./lifecycle";
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
  const names = new Map(lifecycles.map(({ id, title }) => [id, title]));
  return (
    <ol className={classes["log"]} aria-label="Transition log" onMouseLeave={() => onMoment(undefined)}>
      {rows.map((row) => (
        <Row
          key={rowId(row)}
          row={row}
          cause={causeOf(row.entry, rows)}
          names={names}
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
  /** The titles of the lifecycles on the page, by their ids. */
  names: ReadonlyMap<string, string>;
  shown: boolean;
} & Pick<Props, "onMoment" | "onShow">;

function Row({ row, cause, names, shown, onMoment, onShow }: RowProps) {
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
        {names.size > 1 ? <span className={classes["where"]}>{lifecycle.title}</span> : null}
        <span className={classes["states"]}>
          {entry.fromLabel && entry.fromLabel !== entry.toLabel ? (
            <span className={classes["from"]}>{entry.fromLabel} {"\u2192"}</span>
          ) : null}
          <Chip label={entry.toLabel} tone={entry.toTone} />
        </span>
      </div>
      <Particulars row={row} cause={cause} names={names} />
    </li>
  );
}

function Particulars({ row, cause, names }: Pick<RowProps, "row" | "cause" | "names">) {
  const { entry, lifecycle } = row;
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
      <Data entry={entry} currency={currencyOf(lifecycle.workflow.context)} names={names} />
    </div>
  );
}

type DataProps = Pick<RowProps, "names"> & { entry: LoggedEntry["entry"]; currency: string | undefined };

/** What an event brought, for people; all of it one click away where that is not all. */
function Data({ entry, currency, names }: DataProps) {
  const full = fullFacts(entry.data);
  // What a thing started with is on the page already.
  const told = entry.version === 1 ? [] : dataFacts(entry.data, currency, names);
  return (
    <>
      {told.length > 0 ? (
        <span className={classes["data"]}>{told.map(({ name, text }) => `${name}: ${text}`).join(" · ")}</span>
      ) : null}
      {full.length > told.length || told.some(({ text }) => text.endsWith("in all")) ? (
        <details className={classes["full"]}>
          <summary aria-label={`All data of ${entry.label}, version ${entry.version}`}>All data</summary>
          <dl>
            {full.map(({ name, text }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </>
  );
}
