import { ActionIcon, Button, Text, TextInput } from "@mantine/core";
import { CrossIcon, PlusIcon } from "@/ui/icons";
import classes from "@/workflow/Workflow.module.css";
import type { Field } from "./field";
import { SchemaFields } from "./SchemaFields";
import { emptyInputs, type Input } from "./value";

type Props = {
  field: Field;
  path: string;
  problems: ReadonlyMap<string, string>;
  input: readonly Input[];
  onInput: (input: Input) => void;
};

/** A field with any number of texts or of small groups. */
export function ListField({ field, path, problems, input, onInput }: Props) {
  const fresh = field.kind === "rows" ? emptyInputs(field.fields) : "";
  const replace = (at: number, next: Input) => onInput(input.map((item, n) => (n === at ? next : item)));
  return (
    <fieldset className={classes["fieldset"]}>
      <legend className={classes["legend"]}>{field.label}</legend>
      {field.description ? <p className={classes["hint"]}>{field.description}</p> : null}
      {input.map((item, n) => (
        // oxlint-disable-next-line react/no-array-index-key -- the position is all that identifies an item
        <Item key={n} {...{ field, problems, item, n }} path={`${path}.${n}`} onItem={(next) => replace(n, next)}>
          <ActionIcon
            variant="subtle"
            color="gray"
            c="inherit"
            aria-label={`Remove ${field.label} ${n + 1}`}
            onClick={() => onInput(input.filter((_, other) => other !== n))}
          >
            <CrossIcon />
          </ActionIcon>
        </Item>
      ))}
      {problems.has(path) ? (
        <Text size="xs" c="var(--ow-error)" role="alert">
          {problems.get(path)}
        </Text>
      ) : null}
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<PlusIcon />}
        onClick={() => onInput([...input, fresh])}
        style={{ alignSelf: "start" }}
      >
        Add to {field.label}
      </Button>
    </fieldset>
  );
}

type ItemProps = {
  field: Field;
  path: string;
  problems: ReadonlyMap<string, string>;
  item: Input;
  n: number;
  onItem: (item: Input) => void;
  children: React.ReactNode;
};

function Item({ field, path, problems, item, n, onItem, children }: ItemProps) {
  if (typeof item === "string")
    return (
      <TextInput
        aria-label={`${field.label} ${n + 1}`}
        value={item}
        error={problems.get(path)}
        rightSection={children}
        onChange={(event) => onItem(event.currentTarget.value)}
      />
    );
  if (typeof item === "boolean" || Array.isArray(item)) return null;
  return (
    <div className={classes["row"]} role="group" aria-label={`${field.label} ${n + 1}`}>
      <SchemaFields fields={field.fields} inputs={item} onInputs={onItem} problems={problems} at={path} />
      <span style={{ justifySelf: "end", gridColumnEnd: -1 }}>{children}</span>
    </div>
  );
}
