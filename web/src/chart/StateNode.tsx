import { Handle, type NodeProps, Position } from "@xyflow/react";
import { use } from "react";
import { ChevronIcon } from "@/ui/icons";
import { toneOf } from "@/ui/tone";
import type { StateFlowNode } from "./flow";
import { LightContext } from "./light";
import classes from "./Statechart.module.css";

/** A state: lit when active, outlined when an allowed event leads to it. */
export function StateNode({ data: { node } }: NodeProps<StateFlowNode>) {
  const { active, nextNodes, toggle } = use(LightContext);
  return (
    <div
      className={classes["state"]}
      data-node-id={node.id}
      data-active={active.has(node.id)}
      data-next={nextNodes.has(node.id) || undefined}
      data-kind={node.kind}
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
          onClick={() => toggle(node.id)}
        >
          <ChevronIcon />
        </button>
      ) : null}
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes["handle"] ?? ""} />
    </div>
  );
}
