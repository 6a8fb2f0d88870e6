import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { Panel } from "@/templates/Panel";
import { PlusIcon } from "@/ui/icons";
import type { Outcome } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { asDocument, isThreshold, type PolicyDocument, type PolicyNode, triggerName } from "./document";
import { arranged, documentOf, type Draft, draftOf, emptyDraft, withNode } from "./draft";
import classes from "./Editor.module.css";
import { EditorCanvas } from "./EditorCanvas";
import type { Visit } from "./light";
import { NodePanel } from "./NodePanel";
import PolicyGraph from "./PolicyGraph";
import { messagesAt, problemsByNode, problemsOf } from "./problem";
import { TestPanel } from "./TestPanel";
import { ThresholdFields } from "./ThresholdFields";
import { useFaces } from "./useFaces";
import type { useTriggers } from "./useTriggers";

type Props = {
  start: PolicyDocument | undefined;
  triggers: ReturnType<typeof useTriggers>;
  busy: boolean;
  outcome: Outcome | undefined;
  onSave: (document: PolicyDocument, note: string) => void;
};

const CURRENCY = "EUR";
const NOTHING: readonly string[] = [];

/** Draws a policy: its graph, what each node asks or does, and a test of it before anything is saved. */
export default function PolicyEditor({ start, triggers, busy, outcome, onSave }: Props) {
  const [draft, setDraft] = useState<Draft>(() => (start ? draftOf(start) : emptyDraft("ORDER_CREATED")));
  const [chosen, setChosen] = useState<string | undefined>(start ? undefined : "trigger");
  const [note, setNote] = useState("");
  const [path, setPath] = useState<readonly Visit[]>();
  const { labels, factsOf, lists } = triggers;
  const facts = factsOf(triggerName(draft.trigger));
  const faces = useFaces(draft, facts, labels);
  const problems = useMemo(() => problemsOf(outcome), [outcome]);
  const byNode = problemsByNode(problems, draft);
  const wrong = useMemo(() => new Set(problemsByNode(problems, draft).keys()), [problems, draft]);
  const node = draft.graph.nodes.find(({ id }) => id === chosen);
  const change = (next: (now: Draft) => Draft) => {
    setPath(undefined);
    setDraft(next);
  };

  function add(kind: "condition" | "action") {
    const { draft: next, id } = withNode(draft, kind, undefined, ...behind(draft, node));
    change(() => next);
    setChosen(id);
  }

  return (
    <>
      <Head draft={draft} labels={labels} note={note} onNote={setNote} error={(key) => messagesAt(problems, key).join(" ") || undefined} onDraft={change} />
      <div className={classes["editor"]}>
        <div className={classes["panel"]}>
          <div className={classes["board"]}>
            <div className={classes["tools"]}>
              <Button size="compact-sm" variant="default" leftSection={<PlusIcon />} onClick={() => add("condition")}>
                Condition
              </Button>
              <Button size="compact-sm" variant="default" leftSection={<PlusIcon />} onClick={() => add("action")}>
                Action
              </Button>
              <Button size="compact-sm" variant="subtle" onClick={() => change(arranged)}>
                Arrange
              </Button>
              <span className={classes["grow"]} />
              <Button size="compact-sm" loading={busy} onClick={() => onSave(documentOf(draft), note)}>
                Save
              </Button>
            </div>
            <EditorCanvas draft={draft} faces={faces} chosen={chosen} wrong={wrong} onDraft={change} onChoose={setChosen} />
          </div>
          <OutcomeNotice outcome={outcome} />
          {path ? (
            <Panel title="The path of the test">
              <PolicyGraph document={documentOf(draft)} facts={facts} labels={labels} path={path} />
            </Panel>
          ) : null}
        </div>
        <div className={classes["panel"]}>
          <Nodes draft={draft} names={faces} chosen={chosen} onChoose={setChosen} />
          {node?.type === "trigger" && isThreshold(draft.trigger) ? <ThresholdFields trigger={draft.trigger} labels={labels} onTrigger={(trigger) => change((now) => ({ ...now, trigger }))} /> : null}
          {node ? <NodePanel key={node.id} {...{ draft, node, faces, facts }} lists={lists ?? NOTHING} currency={CURRENCY} problems={byNode.get(node.id) ?? []} onDraft={change} /> : null}
          <Panel title="Test">
            <TestPanel document={asDocument(documentOf(draft))} facts={facts} currency={CURRENCY} onTested={(tested) => setPath(tested?.path as readonly Visit[] | undefined)} />
          </Panel>
        </div>
      </div>
    </>
  );
}

/** What a new node is put behind: the chosen one, at its first free exit; an action leads nowhere by itself. */
function behind({ graph }: Draft, node: PolicyNode | undefined): [string?, ("true" | "false")?] {
  if (!node || node.type === "action") return [];
  if (node.type === "trigger") return [node.id];
  return [node.id, graph.edges.some(({ from, exit }) => from === node.id && exit === "true") ? "false" : "true"];
}

type HeadProps = {
  draft: Draft;
  labels: ReadonlyMap<string, string>;
  note: string;
  onNote: (note: string) => void;
  error: (key: string) => string | undefined;
  onDraft: (change: (draft: Draft) => Draft) => void;
};

function Head({ draft, labels, note, onNote, error, onDraft }: HeadProps) {
  return (
    <div className={classes["head"]}>
      <TextInput label="Name" required value={draft.name} error={error("name")} onChange={(event) => onDraft(changed("name", event.currentTarget.value))} />
      <NativeSelect
        label="Trigger"
        value={triggerName(draft.trigger)}
        error={error("trigger")}
        data={[...labels].map(([value, label]) => ({ value, label }))}
        onChange={(event) => onDraft(changed("trigger", triggerOf(event.currentTarget.value)))}
      />
      <TextInput
        label="Priority"
        inputMode="numeric"
        value={String(draft.priority ?? 0)}
        error={error("priority")}
        onChange={(event) => onDraft(changed("priority", Number.parseInt(event.currentTarget.value, 10) || 0))}
      />
      <Textarea label="Description" autosize minRows={1} value={draft.description ?? ""} error={error("description")} onChange={(event) => onDraft(withDescription(event.currentTarget.value))} />
      <NativeSelect
        label="Where not enough is known"
        value={draft.on_unknown ?? ""}
        data={[
          { value: "", label: "As usual" },
          { value: "hold", label: "Hold" },
          { value: "flag", label: "Flag" },
        ]}
        onChange={(event) => onDraft(withConsequence(event.currentTarget.value))}
      />
      <TextInput label="Note" placeholder="What is new" value={note} onChange={(event) => onNote(event.currentTarget.value)} />
    </div>
  );
}

function changed<K extends keyof Draft>(key: K, value: Draft[K]) {
  return (draft: Draft): Draft => ({ ...draft, [key]: value });
}

function withDescription(description: string) {
  return ({ description: _old, ...draft }: Draft): Draft => (description ? { ...draft, description } : draft);
}

function withConsequence(chosen: string) {
  return ({ on_unknown: _old, ...draft }: Draft): Draft => (chosen === "hold" || chosen === "flag" ? { ...draft, on_unknown: chosen } : draft);
}

/** A threshold starts with what is watched most. */
function triggerOf(name: string): Draft["trigger"] {
  if (name !== "AMOUNT_THRESHOLD") return name;
  return { type: "AMOUNT_THRESHOLD", aggregate: "sum", of: "ORDER_CREATED", key: "user", window: "24h", threshold: { money: "", currency: CURRENCY } };
}

type NodesProps = { draft: Draft; names: ReadonlyMap<string, { title: string; lines: readonly string[] }>; chosen: string | undefined; onChoose: (id: string) => void };

/** Every node by its name: the way to one for who cannot point at it. */
function Nodes({ draft, names, chosen, onChoose }: NodesProps) {
  return (
    <NativeSelect
      label="Node"
      value={chosen ?? ""}
      data={[
        ...(chosen ? [] : [{ value: "", label: "Choose a node" }]),
        ...draft.graph.nodes.map(({ id, type }) => ({ value: id, label: `${KINDS[type]}: ${nameOf(names.get(id))}` })),
      ]}
      onChange={(event) => onChoose(event.currentTarget.value)}
    />
  );
}

const KINDS = { trigger: "Trigger", condition: "Condition", action: "Action" } as const;

function nameOf(face: { title: string; lines: readonly string[] } | undefined): string {
  return face ? [face.title, ...face.lines.slice(0, 1)].join(" ") : "";
}
