import type { Field } from "./field";
import { ListField } from "./ListField";
import { SingleField } from "./SingleField";
import type { Input, Inputs } from "./value";
import classes from "@/workflow/Workflow.module.css";

type Props = {
  fields: readonly Field[];
  inputs: Inputs;
  onInputs: (inputs: Inputs) => void;
  problems: ReadonlyMap<string, string>;
  at?: string;
};

/** The fields of an event's data schema. */
export function SchemaFields({ fields, inputs, onInputs, problems, at = "" }: Props) {
  return fields.map((field) => {
    const path = at ? `${at}.${field.name}` : field.name;
    const shared = { field, path, problems, onInput: (input: Input) => onInputs({ ...inputs, [field.name]: input }) };
    const input = inputs[field.name];
    if (field.kind === "texts" || field.kind === "rows")
      return <ListField key={field.name} {...shared} input={Array.isArray(input) ? input : []} />;
    if (field.kind === "group") return <GroupField key={field.name} {...shared} input={input} />;
    return <SingleField key={field.name} {...shared} input={Array.isArray(input) ? "" : (input ?? "")} />;
  });
}

type GroupProps = {
  field: Field;
  path: string;
  problems: ReadonlyMap<string, string>;
  input: Input | undefined;
  onInput: (input: Input) => void;
};

function GroupField({ field, path, problems, input, onInput }: GroupProps) {
  const inputs = typeof input === "object" && !Array.isArray(input) ? input : {};
  return (
    <fieldset className={classes["fieldset"]}>
      <legend className={classes["legend"]}>{field.label}</legend>
      <div className={classes["row"]}>
        <SchemaFields fields={field.fields} inputs={inputs} onInputs={onInput} problems={problems} at={path} />
      </div>
    </fieldset>
  );
}
