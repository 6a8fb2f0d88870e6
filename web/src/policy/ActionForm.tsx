import { Checkbox, NativeSelect, TagsInput, Textarea, TextInput } from "@mantine/core";
import { words } from "@/format/word";
import type { ActionNode } from "./document";
import { messagesAt, type PolicyProblem } from "./problem";
import { actionLabel, withSetting } from "./setting";
import { type Setting, useActions } from "./useActions";

type Props = { node: ActionNode; onNode: (node: ActionNode) => void; problems: readonly PolicyProblem[] };

/** What an action is told, by the kind of action. */
export function ActionForm({ node, onNode, problems }: Props) {
  const { actions, roles } = useActions();
  const settings = actions.find(({ name }) => name === node.action)?.settings ?? [];
  return (
    <>
      <NativeSelect
        label="Action"
        data={actions.map(({ name }) => ({ value: name, label: actionLabel(name) }))}
        value={node.action}
        onChange={(event) => onNode({ ...node, action: event.currentTarget.value, config: {} })}
      />
      {settings.map((setting) => (
        <SettingField
          key={setting.key}
          setting={setting}
          roles={roles}
          value={node.config[setting.key]}
          error={messagesAt(problems, `config.${setting.key}`).join(" ") || undefined}
          onValue={(value) => onNode({ ...node, config: withSetting(node.config, setting.key, value) })}
        />
      ))}
    </>
  );
}

type FieldProps = { setting: Setting; roles: readonly string[]; value: unknown; error: string | undefined; onValue: (value: unknown) => void };

const HINTS: Readonly<Record<string, string>> = {
  duration: "A span, such as 30m, 24h or 7d",
  template: "May name facts as {{userId}}",
  texts: "Several, each ended with Enter",
};

function SettingField({ setting, roles, value, error, onValue }: FieldProps) {
  const { key, form, isNeeded, choices } = setting;
  const shared = { label: words(key), description: HINTS[form], error, required: isNeeded };
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  switch (form) {
    case "boolean":
      return <Checkbox label={words(key)} error={error} checked={value === true} onChange={(event) => onValue(event.currentTarget.checked)} />;
    case "choice":
      return <Choice {...shared} choices={choices} none="As usual" value={text} onValue={onValue} />;
    case "role":
      return <Choice {...shared} choices={roles} none={isNeeded ? "Choose a role" : "As usual"} value={text} onValue={onValue} />;
    case "texts":
      return <TagsInput {...shared} data={[...choices]} value={Array.isArray(value) ? value.map(String) : []} onChange={onValue} />;
    case "template":
      return <Textarea {...shared} autosize minRows={2} value={text} onChange={(event) => onValue(event.currentTarget.value)} />;
    case "integer":
      return <TextInput {...shared} inputMode="numeric" value={text} onChange={(event) => onValue(wholeOf(event.currentTarget.value))} />;
    case "recipient":
      return <Recipient {...shared} kinds={choices} roles={roles} value={value} onValue={onValue} />;
    default:
      return <TextInput {...shared} value={text} onChange={(event) => onValue(event.currentTarget.value)} />;
  }
}

/** A whole number as the server takes it; anything else goes as it is typed, for the server to refuse. */
function wholeOf(text: string): number | string {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : text;
}

type Shared = { label: string; error: string | undefined; required: boolean };
type ChoiceProps = Shared & { choices: readonly string[]; none: string; value: string; onValue: (value: string) => void };

function Choice({ choices, none, value, onValue, ...shared }: ChoiceProps) {
  const data = [{ value: "", label: none }, ...choices.map((one) => ({ value: one, label: words(one) }))];
  return <NativeSelect {...shared} data={data} value={value} onChange={(event) => onValue(event.currentTarget.value)} />;
}

type RecipientProps = Shared & { kinds: readonly string[]; roles: readonly string[]; value: unknown; onValue: (value: unknown) => void };

function Recipient({ label, error, required, kinds, roles, value, onValue }: RecipientProps) {
  const [[kind, whom] = ["role", ""]] = Object.entries(typeof value === "object" && value !== null ? value : {}) as [string, string][];
  const shared = { label: words(kind), error, required };
  const tell = (next: string) => onValue({ [kind]: next });
  return (
    <>
      <NativeSelect label={label} data={kinds.map((one) => ({ value: one, label: words(one) }))} value={kind} onChange={(event) => onValue({ [event.currentTarget.value]: "" })} />
      {kind === "role" ? (
        <Choice {...shared} choices={roles} none="Choose a role" value={whom} onValue={tell} />
      ) : (
        <TextInput {...shared} value={whom} onChange={(event) => tell(event.currentTarget.value)} />
      )}
    </>
  );
}
