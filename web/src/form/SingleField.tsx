import { Checkbox, Select, Textarea, TextInput } from "@mantine/core";
import classes from "@/workflow/Workflow.module.css";
import type { Field } from "./field";
import type { Input } from "./value";

type Props = {
  field: Field;
  path: string;
  problems: ReadonlyMap<string, string>;
  input: Input;
  onInput: (input: Input) => void;
};

const INPUT_TYPES: Partial<Record<Field["kind"], string>> = { moment: "datetime-local", date: "date" };
const INPUT_MODES: Partial<Record<Field["kind"], "decimal" | "numeric">> = { decimal: "decimal", integer: "numeric" };

/** A field with one value: a text, a number, a choice, a tick. */
export function SingleField({ field, path, problems, input, onInput }: Props) {
  const shared = {
    label: field.label,
    description: field.description,
    error: problems.get(path),
    required: field.required,
    name: path,
  };
  if (field.kind === "boolean")
    return <Checkbox {...shared} required={false} checked={input === true} onChange={(e) => onInput(e.currentTarget.checked)} />;
  const text = typeof input === "string" ? input : "";
  if (field.kind === "choice")
    return (
      <Select
        {...shared}
        data={field.options.map(({ value, label }) => ({ value, label }))}
        value={text || null}
        onChange={(value) => onInput(value ?? "")}
        clearable={!field.required}
        placeholder="Choose"
      />
    );
  if (field.kind === "longText" || field.kind === "json")
    return <Textarea {...shared} autosize minRows={2} value={text} onChange={(e) => onInput(e.currentTarget.value)} />;
  return (
    <TextInput
      {...shared}
      type={INPUT_TYPES[field.kind] ?? "text"}
      inputMode={INPUT_MODES[field.kind]}
      value={text}
      rightSection={field.unit ? <span className={classes["unit"]}>{field.unit}</span> : null}
      rightSectionWidth={field.unit ? 48 : undefined}
      rightSectionPointerEvents="none"
      onChange={(e) => onInput(e.currentTarget.value)}
    />
  );
}
