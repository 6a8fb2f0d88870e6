import "@xyflow/react/dist/base.css";
import { useElementSize } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { ChartDocument } from "@/gen/graphql";
import { Moment } from "@/ui/Moment";
import { Failure } from "@/ui/Said";
import type { Lifecycle, PastMoment } from "@/workflow/lifecycle";
import { Canvas } from "./Canvas";
import { ChartLoading } from "./ChartLoading";
import { type Direction } from "./elkInput";
import { type ChartGraph, drawingOf } from "./graph";
import type { Light } from "./light";
import { nextEdges, takenEdges } from "./lit";
import classes from "./Statechart.module.css";
import { usePlaced } from "./usePlaced";

type Props = { lifecycle: Lifecycle; moment: PastMoment | undefined };

/** The statechart of a lifecycle, with its present, or the moment that the log points at, lit. */
export default function Statechart({ lifecycle, moment }: Props) {
  const { chartId, chartVersion } = lifecycle.workflow;
  const variables = { id: chartId, version: chartVersion };
  const [{ data, error }, refetch] = useQuery({ query: ChartDocument, variables, requestPolicy: "cache-first" });
  if (error)
    return (
      <Failure title="The chart could not be loaded" again={() => refetch({ requestPolicy: "network-only" })}>
        {errorText(error)}
      </Failure>
    );
  if (!data?.chart) return <ChartLoading />;
  return <Drawn graph={data.chart} lifecycle={lifecycle} moment={moment} />;
}

function Drawn({ graph, lifecycle, moment }: Props & { graph: ChartGraph }) {
  const { ref, width, height } = useElementSize();
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const direction: Direction = width >= 640 ? "RIGHT" : "DOWN";
  const drawing = useMemo(() => drawingOf(graph, collapsed), [graph, collapsed]);
  const layout = usePlaced(nameOf(graph, collapsed), drawing, width > 0 ? direction : undefined);
  const screen = useMemo(() => ({ width, height }), [width, height]);
  const { workflow } = lifecycle;
  const past = moment?.instanceId === workflow.instanceId ? moment : undefined;
  const entry = past && workflow.transitionLog.find(({ version }) => version === past.version);
  const configuration = entry?.configuration ?? workflow.configuration;
  const light = useMemo((): Light => {
    const log = workflow.transitionLog.filter(({ version }) => !entry || version <= entry.version);
    const allowed = new Set(entry ? [] : workflow.allowedEvents.map(({ event }) => event));
    const next = nextEdges(graph.edges, configuration, allowed);
    return {
      active: new Set(configuration),
      taken: takenEdges(graph, log),
      next,
      nextNodes: new Set(graph.edges.filter(({ id }) => next.has(id)).map(({ target }) => target)),
      toggle: (id) => setCollapsed((now) => toggled(now, id)),
    };
  }, [graph, workflow, entry, configuration]);
  return (
    <section className={classes["chart"]} aria-label={`${graph.label} statechart`}>
      <p className="visuallyHidden">{described(graph, light)}</p>
      <div ref={ref} className={classes["canvas"]}>
        {layout ? (
          <Canvas placed={layout} light={light} screen={screen} />
        ) : (
          <ChartLoading />
        )}
      </div>
      {entry ? (
        <p className={classes["then"]}>
          Version {entry.version}, <Moment at={entry.occurredAt} />
        </p>
      ) : null}
    </section>
  );
}

/** What decides a drawing, as a text. */
function nameOf({ id, version }: ChartGraph, collapsed: ReadonlySet<string>): string {
  return [id, version, ...[...collapsed].toSorted()].join(" ");
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** The picture in words. */
function described(graph: ChartGraph, light: Light): string {
  const labels = (ids: ReadonlySet<string>) =>
    graph.nodes.filter(({ id, parent }) => parent !== null && ids.has(id)).map(({ label }) => label).join(", ");
  const next = labels(light.nextNodes);
  return `Active: ${labels(light.active)}.${next ? ` Can lead to: ${next}.` : ""}`;
}
