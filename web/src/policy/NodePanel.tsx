import { ActionIcon, Button, NativeSelect } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Panel } from "@/templates/Panel";
import { CrossIcon } from "@/ui/icons";
import { ActionForm } from "./ActionForm";
import type { Exit, PolicyEdge, PolicyNode } from "./document";
import { type Draft, mayConnect, withChanged, withEdge, withoutEdge, withoutNode } from "./draft";
import { EXIT_WORDS, type Face } from "./drawing";
import classes from "./Editor.module.css";
import type { Facts } from "./fact";
import { edgeId } from "./light";
import type { PolicyProblem } from "./problem";

const ConditionEditor = lazy(() => import("./ConditionEditor").then((module) => ({ default: module.ConditionEditor })));

type Props = {
  draft: Draft;
  node: PolicyNode;
  faces: ReadonlyMap<string, Face>;
  facts: Facts;
  lists: readonly string[];
  currency: string;
  problems: readonly PolicyProblem[];
  onDraft: (change: (draft: Draft) => Draft) => void;
};

/** The chosen node: what it asks or does, and where it leads. All that the mouse does in the graph can be done here. */
export function NodePanel(props: Props) {
  const { node, problems, onDraft } = props;
  const change = (next: PolicyNode) => onDraft((draft) => withChanged(draft, next));
  const general = problems.filter(({ path }) => path === "" || !/^(group|config)/.test(path));
  return (
    <Panel title={TITLES[node.type]}>
      <div className={classes["form"]}>
        {general.map(({ message }) => (
          <p key={message} className={classes["wrong"]} role="alert">
            {message}
          </p>
        ))}
        {node.type === "condition" ? (
          <Suspense fallback={<p role="status">Opening the condition</p>}>
            <ConditionEditor {...props} group={node.group} onGroup={(group) => change({ ...node, group })} />
          </Suspense>
        ) : null}
        {node.type === "action" ? <ActionForm node={node} onNode={change} problems={problems} /> : null}
        {node.type === "trigger" ? <p className={classes["remark"]}>What the policy waits for is chosen above. Add a condition or an action behind it.</p> : null}
        <Ways {...props} />
        {node.type === "trigger" ? null : (
          <Button variant="default" size="compact-sm" style={{ alignSelf: "start" }} onClick={() => onDraft((draft) => withoutNode(draft, node.id))}>
            Remove this {node.type}
          </Button>
        )}
      </div>
    </Panel>
  );
}

const TITLES = { trigger: "Trigger", condition: "Condition", action: "Action" } as const;

/** Where a node leads, and to which others it can be made to lead. */
function Ways({ draft, node, faces, onDraft }: Props) {
  const ways = draft.graph.edges.filter(({ from }) => from === node.id);
  const name = (id: string) => `${faces.get(id)?.title ?? id}${faces.get(id)?.lines[0] ? `, ${faces.get(id)?.lines[0]}` : ""}`;
  return (
    <>
      <ul className={classes["ways"]} aria-label="Leads to">
        {ways.map((edge) => (
          <li key={edgeId(edge)}>
            <span>
              {edge.exit ? `If ${EXIT_WORDS[edge.exit]}: ` : "Then: "}
              {name(edge.to)}
            </span>
            <ActionIcon variant="subtle" color="gray" c="inherit" aria-label={`Remove the way to ${name(edge.to)}`} onClick={() => onDraft((now) => withoutEdge(now, edge))}>
              <CrossIcon />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {node.type === "condition" ? (
        (["true", "false"] as const).map((exit) => <Connect key={exit} {...{ draft, node, exit, name, onDraft }} />)
      ) : (
        <Connect {...{ draft, node, name, onDraft }} />
      )}
    </>
  );
}

type ConnectProps = Pick<Props, "draft" | "node" | "onDraft"> & { exit?: Exit; name: (id: string) => string };

function Connect({ draft, node, exit, name, onDraft }: ConnectProps) {
  const edgeTo = (to: string): PolicyEdge => ({ from: node.id, to, ...(exit ? { exit } : {}) });
  const open = draft.graph.nodes.filter(({ id }) => mayConnect(draft, edgeTo(id)));
  if (open.length === 0) return null;
  return (
    <NativeSelect
      size="xs"
      label={exit ? `If ${EXIT_WORDS[exit]}, lead to` : "Lead to"}
      data={[{ value: "", label: "Choose a node" }, ...open.map(({ id }) => ({ value: id, label: name(id) }))]}
      value=""
      onChange={(event) => {
        const to = event.currentTarget.value;
        if (to) onDraft((now) => withEdge(now, edgeTo(to)));
      }}
    />
  );
}
