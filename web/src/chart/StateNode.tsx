import { Handle, type NodeProps, Position, useReactFlow } from "@xyflow/react";
import { type FocusEvent, use } from "react";
import { ChevronIcon } from "@/ui/icons";
import { toneOf } from "@/ui/tone";
import type { StateFlowNode } from "./flow";
import { LightContext } from "./light";
import classes from "./Statechart.module.css";

/** A state: lit when active, outlined when an allowed event leads to it. */
export function StateNode({ data: { node } }: NodeProps<StateFlowNode>) {
  const { active, nextNodes, toggle } = use(LightContext);
  const reveal = useReveal(node.id);
  return (
    <div
      className={classes["state"]}
      data-node-id={node.id}
      data-active={active.has(node.id)}
      data-next={nextNodes.has(node.id) || undefined}
      data-kind={node.kind}
      data-passing={node.passing || undefined}
      data-open={node.open || undefined}
      data-tone={toneOf(node.tone)}
      title={node.description}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className={classes["handle"] ?? ""} />
      <span className={classes["label"]}>{node.label}</span>
      {node.compound ? (
        <button
          type="button"
          className={`nodrag nopan ${classes["fold"]}`}
          aria-expanded={node.open}
          aria-label={`${node.open ? "Collapse" : "Expand"} ${node.label}`}
          onFocus={reveal}
          onClick={() => toggle(node.id)}
        >
          <ChevronIcon />
        </button>
      ) : null}
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes["handle"] ?? ""} />
    </div>
  );
}

/** Brings a state into view when the keyboard reaches it: the canvas has no scroll bars to do that. */
function useReveal(id: string) {
  const { getInternalNode, getZoom, setCenter } = useReactFlow();
  return (event: FocusEvent<HTMLElement>) => {
    const corner = getInternalNode(id)?.internals.positionAbsolute;
    if (!corner || !event.currentTarget.matches(":focus-visible")) return;
    void setCenter(corner.x + HEADER.x, corner.y + HEADER.y, { zoom: getZoom() });
  };
}

// About the middle of a state's label, seen from its corner.
const HEADER = { x: 80, y: 20 };
