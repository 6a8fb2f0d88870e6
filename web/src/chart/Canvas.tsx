import { Controls, ReactFlow, ReactFlowProvider, useReactFlow, type Viewport } from "@xyflow/react";
import { useEffect, useEffectEvent, useRef } from "react";
import type { Placed } from "./flow";
import { type Light, LightContext } from "./light";
import { activeState, partsToSee } from "./parts";
import { StateNode } from "./StateNode";
import classes from "./Statechart.module.css";
import { Arrows, TransitionEdge } from "./TransitionEdge";
import { firstViewport, isShown, type Size } from "./viewport";

const NODE_TYPES = { state: StateNode };
const EDGE_TYPES = { transition: TransitionEdge };

type Props = { placed: Placed; light: Light; screen: Size };

/** The drawing itself: starts readable on the active state and keeps it in sight. */
export function Canvas({ placed, light, screen }: Props) {
  return (
    <LightContext value={light}>
      <Arrows />
      <ReactFlowProvider>
        <ReactFlow
          className={classes["flow"] ?? ""}
          nodes={placed.nodes}
          edges={placed.edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          defaultViewport={viewportOf(placed, light, screen)}
          minZoom={0.3}
          maxZoom={1.8}
          zIndexMode="manual"
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
          <Follow placed={placed} light={light} screen={screen} />
        </ReactFlow>
      </ReactFlowProvider>
    </LightContext>
  );
}

/** Moves the view: anew when the layout changes, else only to an active state that is out of sight. */
function Follow({ placed, light, screen }: Props) {
  const { setViewport, getViewport } = useReactFlow();
  const shown = useRef(placed);
  const move = (to: Viewport, duration: number) => void setViewport(to, { duration });
  const look = useEffectEvent((chart: Placed, now: Light, room: Size) => {
    const anew = shown.current !== chart;
    shown.current = chart;
    const box = chart.boxes.get(activeState(chart, now.active) ?? "");
    if (!anew && (!box || isShown(box, getViewport(), room))) return;
    move(viewportOf(chart, now, room), anew ? 0 : 200);
  });
  useEffect(() => look(placed, light, screen), [placed, light, screen]);
  return null;
}

function viewportOf(placed: Placed, light: Light, screen: Size): Viewport {
  return firstViewport(placed.size, partsToSee(placed, light), screen);
}
