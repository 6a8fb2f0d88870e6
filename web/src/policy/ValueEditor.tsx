import { NativeSelect, Select, TagsInput } from "@mantine/core";
import type { ValueEditorProps } from "react-querybuilder";
import { isMoneyValue, type Value } from "./document";
import { type EditorKnowledge, useEditor } from "./editorContext";
import classes from "./Editor.module.css";
import { factLabel } from "./fact";
import { numberOf, numberText } from "./number";
import { arityOf, isOf, startValue } from "./operator";
import { messagesAt, rulePath } from "./problem";
import { TypedInput } from "./TypedInput";

/** What a fact is compared with: values of its type, another fact, or a list by its name. */
export function ValueEditor({ field, operator, value, handleOnChange, path }: ValueEditorProps) {
  const known = useEditor();
  const place = path.map((at) => at + 1).join(".");
  const messages = messagesAt(known.problems, rulePath(path));
  const onValue = (next: Value) => handleOnChange(next);
  return (
    <div className={classes["value"]}>
      {arityOf(operator) === "none" ? null : <Sided {...{ field, operator, known, place, onValue }} value={value as Value} />}
      {messages.length > 0 ? (
        <p className={classes["wrong"]} role="alert">
          {messages.join(" ")}
        </p>
      ) : null}
    </div>
  );
}

type SideProps = { field: string; operator: string; value: Value; known: EditorKnowledge; place: string; onValue: (value: Value) => void };

/** The right side of a rule: what kind of thing it is, and which. */
function Sided(props: SideProps) {
  const { field, operator, value, known, place, onValue } = props;
  const type = known.facts.get(field)?.type;
  const sources = sourcesOf(props);
  const source = isOf(value, "fact") ? "fact" : isOf(value, "list") ? "list" : "value";
  function choose(chosen: string) {
    if (chosen === "fact") onValue({ fact: otherFacts(field, known)[0] ?? field });
    else if (chosen === "list") onValue({ list: known.lists[0] ?? "" });
    else onValue(startValue(type, operator, known.currency) ?? "");
  }
  return (
    <>
      {sources.length > 1 ? (
        <NativeSelect size="xs" aria-label={`Compared with, in rule ${place}`} data={sources} value={source} onChange={(event) => choose(event.currentTarget.value)} />
      ) : null}
      {source === "fact" ? <FactChoice {...props} /> : source === "list" ? <ListChoice {...props} /> : <Literals {...props} />}
    </>
  );
}

function sourcesOf({ field, operator, known }: SideProps) {
  const arity = arityOf(operator);
  return [
    { value: "value", label: arity === "many" ? "these" : "value" },
    ...(arity === "one" && operator !== "matches" && otherFacts(field, known).length > 0 ? [{ value: "fact", label: "fact" }] : []),
    ...(arity === "many" ? [{ value: "list", label: "list" }] : []),
  ];
}

function otherFacts(field: string, { facts }: EditorKnowledge): string[] {
  const type = facts.get(field)?.type;
  return [...facts.values()].filter((fact) => fact.name !== field && fact.type === type).map((fact) => fact.name);
}

function FactChoice({ field, value, known, place, onValue }: SideProps) {
  return (
    <Select
      size="xs"
      aria-label={`Other fact of rule ${place}`}
      searchable
      allowDeselect={false}
      limit={60}
      data={otherFacts(field, known).map((name) => ({ value: name, label: factLabel(name, known.facts) }))}
      value={isOf(value, "fact") ? value.fact : null}
      onChange={(name) => onValue({ fact: name ?? field })}
    />
  );
}

function ListChoice({ value, known, place, onValue }: SideProps) {
  const chosen = isOf(value, "list") ? value.list : "";
  const names = [...new Set([...known.lists, ...(chosen ? [chosen] : [])])];
  return (
    <NativeSelect
      size="xs"
      aria-label={`List of rule ${place}`}
      data={names.length > 0 ? names : [{ value: "", label: "There is no list yet" }]}
      value={chosen}
      onChange={(event) => onValue({ list: event.currentTarget.value })}
    />
  );
}

function Literals({ field, operator, value, known, place, onValue }: SideProps) {
  const type = known.facts.get(field)?.type;
  const shared = { type, currency: known.currency };
  const items: readonly Value[] = Array.isArray(value) ? value : [];
  if (arityOf(operator) === "pair")
    return (
      <>
        <TypedInput {...shared} label={`Low value of rule ${place}`} value={items[0] ?? ""} onValue={(low) => onValue([low, items[1] ?? ""])} />
        <span>and</span>
        <TypedInput {...shared} label={`High value of rule ${place}`} value={items[1] ?? ""} onValue={(high) => onValue([items[0] ?? "", high])} />
      </>
    );
  if (arityOf(operator) !== "many") return <TypedInput {...shared} label={`Value of rule ${place}`} value={value} onValue={onValue} />;
  return <Many {...shared} label={`Values of rule ${place}`} items={items} onValue={onValue} />;
}

type ManyProps = { type: string | undefined; currency: string; label: string; items: readonly Value[]; onValue: (value: Value) => void };

/** Any number of values, each typed and closed with Enter; amounts are all in one currency. */
function Many({ type, currency, label, items, onValue }: ManyProps) {
  const read = (text: string): Value => (type === "money" ? { money: text, currency } : type === "number" ? numberOf(text) : text);
  const shown = items.map((item) => (isMoneyValue(item) ? item.money : numberText(item)));
  return <TagsInput size="xs" aria-label={label} placeholder="Enter closes each" value={[...new Set(shown)]} onChange={(texts) => onValue(texts.map(read))} />;
}
