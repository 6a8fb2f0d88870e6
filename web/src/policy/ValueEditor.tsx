import { NativeSelect, Select, TagsInput } from "@mantine/core";
import type { ValueEditorProps } from "react-querybuilder";
import { useState } from "react";
import type { Value } from "./document";
import { type EditorKnowledge, useEditor } from "./editorContext";
import classes from "./Editor.module.css";
import { type Fact, factLabel } from "./fact";
import { valueWords } from "./inWords";
import { arityOf, isOf, sideType, startValue } from "./operator";
import { messagesAt, rulePath } from "./problem";
import { TypedInput } from "./TypedInput";
import { itemText, noItem, readItem } from "./valueText";

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
  const type = sideType(known.facts.get(field), operator);
  const sources = sourcesOf(props);
  const source = isOf(value, "fact") ? "fact" : isOf(value, "list") ? "list" : "value";
  function choose(chosen: string) {
    if (chosen === "fact") onValue({ fact: otherFacts(field, operator, known)[0] ?? field });
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
    ...(operator !== "matches" && otherFacts(field, operator, known).length > 0 ? [{ value: "fact", label: "fact" }] : []),
    ...(arity === "many" ? [{ value: "list", label: "list" }] : []),
  ];
}

/** The facts that can stand on the right of a rule: of its type, or for one of many, and for a pair, lists of it. */
function otherFacts(field: string, operator: string, { facts }: EditorKnowledge): string[] {
  const type = sideType(facts.get(field), operator);
  const isFitting = (fact: Fact) => (arityOf(operator) === "one" ? type === undefined || fact.type === type : fact.type === "list" && (!fact.items || fact.items === type));
  return [...facts.values()].filter((fact) => fact.name !== field && isFitting(fact)).map((fact) => fact.name);
}

function FactChoice({ field, operator, value, known, place, onValue }: SideProps) {
  return (
    <Select
      size="xs"
      aria-label={`Other fact of rule ${place}`}
      searchable
      allowDeselect={false}
      limit={60}
      data={otherFacts(field, operator, known).map((name) => ({ value: name, label: factLabel(name, known.facts) }))}
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
  const type = sideType(known.facts.get(field), operator);
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
  if (arityOf(operator) === "many") return <Many type={type} label={`Values of rule ${place}`} items={items} onValue={onValue} />;
  if (type === "list" || type === "object") return <span>{valueWords(value, known.facts)}</span>;
  return <TypedInput {...shared} label={`Value of rule ${place}`} value={value} onValue={onValue} />;
}

type ManyProps = { type: string | undefined; label: string; items: readonly Value[]; onValue: (value: Value) => void };

/** Any number of values, each typed and closed with Enter; an amount with its currency. What cannot be read is refused. */
function Many({ type, label, items, onValue }: ManyProps) {
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState<string>();
  const known = new Map(items.map((item) => [itemText(item), item]));

  function change(texts: readonly string[]) {
    const next = texts.map((text) => known.get(text) ?? readItem(text, type));
    const unread = texts.find((_, n) => next[n] === undefined);
    setWrong(unread === undefined ? undefined : noItem(unread, type));
    if (unread === undefined) onValue(next.flatMap((item) => (item === undefined ? [] : [item])));
  }

  return (
    <TagsInput
      size="xs"
      aria-label={label}
      placeholder={type === "money" ? "100.00 EUR, Enter closes each" : "Enter closes each"}
      splitChars={type === "money" ? [] : [","]}
      error={wrong}
      value={[...known.keys()]}
      searchValue={typed}
      onSearchChange={setTyped}
      onChange={change}
    />
  );
}
