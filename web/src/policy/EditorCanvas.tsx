import "@xyflow/react/dist/base.css";
import {
  type Connection,
  Controls,
  type Edge,
  type EdgeChange,
  Handle,
  MarkerType,
  type Node,
  type NodeChange,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
} from "@xyflow/react";
import { useMemo, useState } from "react";
import chart from "@/chart/Statechart.module.css";
import type { Exit, Place, PolicyEdge } from "./document";
import { type Draft, mayConnect, withEdge, withoutEdge, withoutNode } from "./draft";
import { EXIT_WORDS, type Face, faceSize } from "./drawing";
import classes from "./Editor.module.css";
import { edgeId } from "./light";
import { FaceBox } from "./PolicyNode";

type DrawnNode = Node<{ face: Face; chosen: boolean; wrong: boolean }, "drawn">;
type Moving = Readonly<Record<string, Place>>;
type Props = {
  draft: Draft;
  faces: ReadonlyMap<string, Face>;
  chosen: string | undefined;
  wrong: ReadonlySet<string>;
  onDraft: (change: (draft: Draft) => Draft) => void;
  onChoose: (id: string | undefined) => void;
};

const NODE_TYPES = { drawn: DrawnBox };

/** The graph as it is drawn: nodes are moved, connected by their handles, and removed with Delete. */
export function EditorCanvas({ draft, faces, chosen, wrong, onDraft, onChoose }: Props) {
  const [moving, setMoving] = useState<Moving>({});
  const nodes = useMemo(() => drawnNodes(draft, faces, chosen, wrong, moving), [draft, faces, chosen, wrong, moving]);

  function changed(changes: NodeChange<DrawnNode>[]) {
    for (const change of changes) {
      if (change.type === "remove") onDraft((now) => withoutNode(now, change.id));
      if (change.type === "select" && change.selected) onChoose(change.id);
      if (change.type === "position" && change.position) move(change.id, change.position, change.dragging === true);
    }
  }

  /** While it is dragged a node's place is nobody's but the canvas'. */
  function move(id: string, place: Place, isDragged: boolean) {
    const { [id]: _old, ...others } = moving;
    setMoving(isDragged ? { ...moving, [id]: place } : others);
    if (!isDragged) onDraft((now) => ({ ...now, layout: { ...now.layout, [id]: place } }));
  }

  function edgesChanged(changes: EdgeChange[]) {
    for (const change of changes) {
      if (change.type !== "remove") continue;
      onDraft((now) => {
        const gone = now.graph.edges.find((edge) => edgeId(edge) === change.id);
        return gone ? withoutEdge(now, gone) : now;
      });
    }
  }

  return (
    <div className={classes["canvas"]}>
      <ReactFlowProvider>
        <ReactFlow
          className={chart["flow"] ?? ""}
          aria-label="Graph of the policy"
          nodes={nodes}
          edges={drawnEdges(draft)}
          nodeTypes={NODE_TYPES}
          onNodesChange={changed}
          onEdgesChange={edgesChanged}
          onConnect={(line) => onDraft((now) => withEdge(now, edgeOf(line)))}
          isValidConnection={(line) => mayConnect(draft, edgeOf(line))}
          onPaneClick={() => onChoose(undefined)}
          deleteKeyCode={["Delete", "Backspace"]}
          fitView
          fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
          minZoom={0.3}
          maxZoom={1.6}
          zoomOnScroll={false}
          preventScrolling={false}
        >
          <Controls showInteractive={false} orientation="horizontal" position="bottom-left" />
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}

function drawnNodes(draft: Draft, faces: ReadonlyMap<string, Face>, chosen: string | undefined, wrong: ReadonlySet<string>, moving: Moving): DrawnNode[] {
  return draft.graph.nodes.flatMap(({ id, type }) => {
    const face = faces.get(id);
    if (!face) return [];
    const { width, height: least } = faceSize(face);
    const height = Math.max(least, type === "condition" ? 54 : 0);
    return {
      id,
      type: "drawn" as const,
      position: moving[id] ?? draft.layout[id] ?? { x: 0, y: 0 },
      width,
      height,
      // Sizes are known beforehand; without this React Flow forgets where handles are at every change.
      measured: { width, height },
      selected: id === chosen,
      deletable: type !== "trigger",
      ariaLabel: `${face.title} ${face.lines.join(", ")}`.trim(),
      data: { face, chosen: id === chosen, wrong: wrong.has(id) },
    };
  });
}

function drawnEdges({ graph }: Draft): Edge[] {
  return graph.edges.map((edge) => ({
    id: edgeId(edge),
    source: edge.from,
    target: edge.to,
    ...(edge.exit ? { sourceHandle: edge.exit, label: EXIT_WORDS[edge.exit] } : {}),
    ariaLabel: `From ${edge.from} to ${edge.to}${edge.exit ? `, if ${EXIT_WORDS[edge.exit]}` : ""}`,
    markerEnd: { type: MarkerType.ArrowClosed, color: "var(--ow-line-strong)" },
  }));
}

function edgeOf({ source, target, sourceHandle }: Connection | Edge): PolicyEdge {
  return { from: source, to: target, ...(sourceHandle ? { exit: sourceHandle as Exit } : {}) };
}

const EXITS = [
  { exit: "true", top: "32%" },
  { exit: "false", top: "72%" },
];

function DrawnBox({ id, data: { face, chosen, wrong } }: NodeProps<DrawnNode>) {
  return (
    <>
      {face.kind === "trigger" ? null : <Handle type="target" position={Position.Left} />}
      <FaceBox id={id} face={face} chosen={chosen} wrong={wrong} />
      {face.kind === "condition" ? (
        EXITS.map(({ exit, top }) => (
          <Handle key={exit} id={exit} type="source" position={Position.Right} style={{ top }} title={EXIT_WORDS[exit]} />
        ))
      ) : (
        <Handle type="source" position={Position.Right} />
      )}
    </>
  );
}
