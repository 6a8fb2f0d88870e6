import { type ActionNode, type Group, isGroup, type PolicyDocument, type PolicyNode } from "./document";
import { EXIT_WORDS } from "./drawing";
import type { Facts } from "./fact";
import { configFacts, groupHead, ruleParts, triggerWords } from "./inWords";
import classes from "./Policy.module.css";
import { actionLabel } from "./setting";

type Props = { document: PolicyDocument; facts: Facts; labels: ReadonlyMap<string, string> };

/** A policy as a text: when it looks, what must hold, what it then does. */
export function PolicyWords({ document, facts, labels }: Props) {
  const { nodes } = document.graph;
  return (
    <ol className={classes["said"]}>
      {nodes.map((node) => (
        <li key={node.id}>
          <Node node={node} document={document} facts={facts} labels={labels} />
        </li>
      ))}
    </ol>
  );
}

function Node({ node, document, facts, labels }: Props & { node: PolicyNode }) {
  if (node.type === "trigger")
    return (
      <>
        <strong>When</strong> {triggerWords(document.trigger, labels)}
      </>
    );
  if (node.type === "action") return <Action node={node} when={waysTo(node.id, document)} />;
  return (
    <>
      <strong>{groupHead(node.group)}</strong>
      <Rules group={node.group} facts={facts} />
    </>
  );
}

/** The rules of a group, groups within as lists of their own. */
export function Rules({ group, facts }: { group: Group; facts: Facts }) {
  return (
    <ul className={classes["rules"]}>
      {group.rules.map((one, n) => (
        // oxlint-disable-next-line react/no-array-index-key -- rules have no names
        <li key={n}>
          {isGroup(one) ? (
            <>
              {groupHead(one)}
              <Rules group={one} facts={facts} />
            </>
          ) : (
            <RuleWords {...ruleParts(one, facts)} />
          )}
        </li>
      ))}
    </ul>
  );
}

export function RuleWords({ field, operator, value }: ReturnType<typeof ruleParts>) {
  return (
    <span>
      <b>{field}</b> {operator} {value ? <b>{value}</b> : null}
    </span>
  );
}

function Action({ node, when }: { node: ActionNode; when: string }) {
  return (
    <>
      <strong>{actionLabel(node.action)}</strong> <span className={classes["dim"]}>{when}</span>
      <ul className={classes["rules"]}>
        {configFacts(node).map(({ name, text }) => (
          <li key={name}>
            <span className={classes["dim"]}>{name}:</span> {text}
          </li>
        ))}
      </ul>
    </>
  );
}

/** On which answers an action is done. */
function waysTo(id: string, { graph }: PolicyDocument): string {
  const exits = graph.edges.filter(({ to }) => to === id).map(({ exit }) => (exit ? `if ${EXIT_WORDS[exit]}` : "always"));
  return [...new Set(exits)].join(", ");
}
