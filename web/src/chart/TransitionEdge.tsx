import type { EdgeProps } from "@xyflow/react";
import { use } from "react";
import { LABEL_LINE } from "./elkInput";
import type { TransitionFlowEdge } from "./flow";
import { LightContext } from "./light";
import classes from "./Statechart.module.css";

/** A transition as elk routed it; several between the same states share one line. */
export function TransitionEdge({ data }: EdgeProps<TransitionFlowEdge>) {
  const { taken, next } = use(LightContext);
  if (!data) return null;
  const { edge, path, lines, at } = data;
  const light = edge.members.some(({ id }) => next.has(id))
    ? "next"
    : edge.members.some(({ id }) => taken.has(id))
      ? "taken"
      : "dim";
  const isTaken = edge.members.some(({ id }) => taken.has(id));
  return (
    <g className={classes["transition"]} data-light={light} data-taken={isTaken || undefined} data-passing={edge.passing || undefined}>
      <title>{edge.members.map(({ label, guard }) => (guard ? `${label} [${guard}]` : label)).join("\n")}</title>
      <path d={path} fill="none" markerEnd={`url(#arrow-${isTaken ? "taken" : light})`} />
      {at ? (
        <text textAnchor="middle">
          {lines.map((line, n) => (
            <tspan key={line} x={at.x} y={at.y + (n + 0.78) * LABEL_LINE}>
              {line}
            </tspan>
          ))}
        </text>
      ) : null}
    </g>
  );
}

/** The arrow heads, one for each light, as markers cannot take the colour of their line everywhere. */
export function Arrows() {
  return (
    <svg className={classes["arrows"]} aria-hidden="true">
      <defs>
        {["dim", "next", "taken"].map((light) => (
          <marker
            key={light}
            id={`arrow-${light}`}
            data-light={light}
            viewBox="0 0 10 10"
            refX="9"
            refY="5"
            markerWidth="9"
            markerHeight="9"
            markerUnits="userSpaceOnUse"
            orient="auto-start-reverse"
          >
            <path d="M 0 1 L 9 5 L 0 9 z" />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
