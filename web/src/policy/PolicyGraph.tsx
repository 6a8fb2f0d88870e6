import "@xyflow/react/dist/base.css";
import { useElementSize } from "@mantine/hooks";
import { Controls, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo } from "react";
import { ChartLoading } from "@/chart/ChartLoading";
import chart from "@/chart/Statechart.module.css";
import { firstViewport, type Size } from "@/chart/viewport";
import type { PolicyDocument } from "./document";
import { type PlacedPolicy } from "./drawing";
import type { Facts } from "./fact";
import { type Light, lightOf, type Visit } from "./light";
import classes from "./Policy.module.css";
import { Heads, PolicyEdgeLine, PolicyLight, PolicyNode } from "./PolicyNode";
import { useFaces } from "./useFaces";
import { usePlacedPolicy } from "./usePlacedPolicy";

const NODE_TYPES = { policy: PolicyNode };
const EDGE_TYPES = { policy: PolicyEdgeLine };

type Props = { document: PolicyDocument; facts: Facts; labels: ReadonlyMap<string, string>; path?: readonly Visit[] | undefined };

/** A policy as it runs, from left to right; with the path of an event lit where one is given. */
export default function PolicyGraph({ document, facts, labels, path }: Props) {
  const { ref, width, height } = useElementSize();
  const faces = useFaces(document, facts, labels);
  const placed = usePlacedPolicy(document, faces, width === 0 ? undefined : width >= 640 ? "RIGHT" : "DOWN");
  const light = useMemo(() => (path ? lightOf(document, path) : undefined), [document, path]);
  const screen = useMemo(() => ({ width, height }), [width, height]);
  return (
    <div className={classes["graph"]}>
      <div ref={ref} className={classes["canvas"]} role="group" aria-label={light ? "The policy's graph with the path lit" : "The policy's graph"}>
        {placed && width > 0 ? <Drawn placed={placed} light={light} screen={screen} /> : <ChartLoading />}
      </div>
      {light ? <Legend /> : null}
    </div>
  );
}

function Drawn({ placed, light, screen }: { placed: PlacedPolicy; light: Light | undefined; screen: Size }) {
  const viewport = firstViewport(placed.size, [], screen);
  return (
    <PolicyLight value={light}>
      <Heads />
      <ReactFlowProvider>
        <ReactFlow
          className={chart["flow"] ?? ""}
          nodes={placed.nodes}
          edges={placed.edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          defaultViewport={viewport}
          minZoom={0.3}
          maxZoom={1.6}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          disableKeyboardA11y
        >
          <Controls showInteractive={false} orientation="horizontal" position="bottom-left" />
          <Follow placed={placed} screen={screen} />
        </ReactFlow>
      </ReactFlowProvider>
    </PolicyLight>
  );
}

/** Looks at the whole graph again when it, or the room for it, changes. */
function Follow({ placed, screen }: { placed: PlacedPolicy; screen: Size }) {
  const { setViewport } = useReactFlow();
  useEffect(() => void setViewport(firstViewport(placed.size, [], screen)), [placed, screen, setViewport]);
  return null;
}

function Legend() {
  return (
    <ul className={classes["legend"]} aria-label="Legend">
      <li data-reach="certain">Certainly taken</li>
      <li data-reach="perhaps">Perhaps, not enough is known</li>
      <li data-reach="not">Not reached</li>
    </ul>
  );
}
