import { Button, Checkbox, NativeSelect, Select } from "@mantine/core";
import {
  type ActionProps,
  type CombinatorSelectorProps,
  type FieldSelectorProps,
  type NotToggleProps,
  type OperatorSelectorProps,
  QueryBuilder,
  type RuleGroupType,
} from "react-querybuilder";
import { useMemo } from "react";
import { CrossIcon, PlusIcon } from "@/ui/icons";
import type { Group } from "./document";
import { EditorContext, useEditor } from "./editorContext";
import { factLabel, type Facts } from "./fact";
import classes from "./Editor.module.css";
import { fitted } from "./fitted";
import { operatorsFor, operatorWords, sideType, startValue } from "./operator";
import type { PolicyProblem } from "./problem";
import { ValueEditor } from "./ValueEditor";

type Props = {
  group: Group;
  onGroup: (group: Group) => void;
  facts: Facts;
  lists: readonly string[];
  currency: string;
  problems: readonly PolicyProblem[];
};

/** A condition with its groups and rules, each rule with the operators and the values that its fact can take. */
export function ConditionEditor({ group, onGroup, facts, lists, currency, problems }: Props) {
  const fields = useMemo(() => [...facts.values()].map(({ name }) => ({ name, label: factLabel(name, facts) })), [facts]);
  const context = useMemo(() => ({ facts, lists, currency, problems }), [facts, lists, currency, problems]);
  const typeOf = (field: string) => facts.get(field)?.type;
  return (
    <EditorContext value={context}>
      <QueryBuilder
        query={group as RuleGroupType}
        onQueryChange={(query: RuleGroupType) => onGroup(fitted(query as Group, group, facts, currency))}
        enableMountQueryChange={false}
        fields={fields}
        getOperators={(field) => operatorsFor(typeOf(field)).map((name) => ({ name, label: operatorWords(name) }))}
        getDefaultValue={(rule) => startValue(sideType(facts.get(rule.field), rule.operator), rule.operator, currency)}
        showNotToggle
        controlElements={CONTROLS}
        controlClassnames={CLASSES}
        combinators={COMBINATORS}
      />
    </EditorContext>
  );
}

const COMBINATORS = [
  { name: "and", label: "all hold" },
  { name: "or", label: "at least one holds" },
];

const CLASSES = {
  queryBuilder: classes["query"] ?? "",
  ruleGroup: classes["group"] ?? "",
  header: classes["header"] ?? "",
  body: classes["rules"] ?? "",
  rule: classes["rule"] ?? "",
};

const CONTROLS = {
  fieldSelector: FieldSelector,
  operatorSelector: Choice,
  combinatorSelector: Choice,
  notToggle: Not,
  valueEditor: ValueEditor,
  addRuleAction: Add,
  addGroupAction: Add,
  removeRuleAction: Remove,
  removeGroupAction: Remove,
};

function FieldSelector({ value, handleOnChange, path }: FieldSelectorProps) {
  const { facts } = useEditor();
  return (
    <Select
      size="xs"
      className={classes["field"] ?? ""}
      aria-label={`Fact of rule ${placeOf(path)}`}
      searchable
      allowDeselect={false}
      maxDropdownHeight={320}
      limit={60}
      data={[...facts.values()].map(({ name }) => ({ value: name, label: factLabel(name, facts) }))}
      value={value ?? null}
      onChange={(next) => handleOnChange(next)}
    />
  );
}

function Choice({ value, handleOnChange, options, path, testID }: OperatorSelectorProps | CombinatorSelectorProps) {
  const isOperator = testID === "operators";
  const known = (options as { name: string; label: string }[]).map(({ name, label }) => ({ value: name, label }));
  return (
    <NativeSelect
      size="xs"
      aria-label={isOperator ? `Operator of rule ${placeOf(path)}` : `What of group ${placeOf(path)} must hold`}
      data={!value || known.some((one) => one.value === value) ? known : [...known, { value, label: operatorWords(value) }]}
      value={value ?? ""}
      onChange={(event) => handleOnChange(event.currentTarget.value)}
    />
  );
}

function Not({ checked, handleOnChange, path }: NotToggleProps) {
  return (
    <Checkbox
      size="xs"
      label="Not"
      aria-label={`Turn group ${placeOf(path)} around`}
      checked={checked ?? false}
      onChange={(event) => handleOnChange(event.currentTarget.checked)}
    />
  );
}

function Add({ handleOnClick, testID, path }: ActionProps) {
  const what = testID === "add-group" ? "group" : "rule";
  return (
    <Button size="compact-xs" variant="default" leftSection={<PlusIcon />} aria-label={`Add ${what} to group ${placeOf(path)}`} onClick={(event) => handleOnClick(event)}>
      {what === "group" ? "Group" : "Rule"}
    </Button>
  );
}

function Remove({ handleOnClick, testID, path }: ActionProps) {
  const what = testID === "remove-group" ? "group" : "rule";
  return (
    <Button size="compact-xs" variant="subtle" color="gray" c="inherit" aria-label={`Remove ${what} ${placeOf(path)}`} onClick={(event) => handleOnClick(event)}>
      <CrossIcon />
    </Button>
  );
}

/** Where a rule stands, counted as people do: "2.1"; the outermost group is 1. */
function placeOf(path: readonly number[]): string {
  return ["1", ...path.map((place) => String(place + 1))].slice(path.length > 0 ? 1 : 0).join(".");
}
