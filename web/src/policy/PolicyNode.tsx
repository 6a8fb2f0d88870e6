import { type EdgeProps, Handle, type NodeProps, Position } from "@xyflow/react";
import { createContext, use } from "react";
import { toneOf } from "@/ui/tone";
import type { Face, PolicyFlowEdge, PolicyFlowNode } from "./drawing";
import type { Light, Reach } from "./light";
import classes from "./Policy.module.css";

/** What is lit; nodes and edges read it here, so that another path lays nothing out again. */
export const PolicyLight = createContext<Light | undefined>(undefined);

/** A trigger, a condition or an action as it is drawn. */
export function PolicyNode({ id, data: { face } }: NodeProps<PolicyFlowNode>) {
  const light = use(PolicyLight);
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} style={{ visibility: "hidden" }} />
      <FaceBox id={id} face={face} reach={light?.nodes.get(id)} answer={light?.answers.get(id)} />
      <Handle type="source" position={Position.Right} isConnectable={false} style={{ visibility: "hidden" }} />
    </>
  );
}

type BoxProps = { id: string; face: Face; reach?: Reach | undefined; answer?: string | undefined; chosen?: boolean; wrong?: boolean };

export function FaceBox({ id, face, reach, answer, chosen, wrong }: BoxProps) {
  return (
    <div
      className={classes["node"]}
      data-node-id={id}
      data-kind={face.kind}
      data-tone={toneOf(face.tone)}
      data-reach={reach}
      data-chosen={chosen || undefined}
      data-wrong={wrong || undefined}
    >
      <strong>
        {face.title}
        {answer ? `: ${answer}` : null}
      </strong>
      {face.lines.map((line) => (
        <span key={line} title={line}>
          {line}
        </span>
      ))}
    </div>
  );
}

/** A way from one node to another, as elk routed it. */
export function PolicyEdgeLine({ id, data }: EdgeProps<PolicyFlowEdge>) {
  const reach = use(PolicyLight)?.edges.get(id);
  if (!data) return null;
  return (
    <g className={classes["edge"]} data-reach={reach}>
      <path d={data.path} markerEnd={`url(#policy-${reach ?? "plain"})`} />
      {data.at ? (
        <text x={data.at.x} y={data.at.y} textAnchor="middle">
          {data.label}
        </text>
      ) : null}
    </g>
  );
}

/** The heads of the arrows, one for each light. */
export function Heads() {
  return (
    <svg className={classes["heads"]} aria-hidden="true">
      <defs>
        {["plain", "certain", "perhaps", "not"].map((reach) => (
          <marker key={reach} id={`policy-${reach}`} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
            <path data-reach={reach} d="M 0 1 L 9 5 L 0 9 z" />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
