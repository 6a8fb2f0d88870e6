import { Checkbox, NativeSelect, TagsInput, Textarea, TextInput } from "@mantine/core";
import { words } from "@/format/word";
import type { ActionNode } from "./document";
import { messagesAt, type PolicyProblem } from "./problem";
import { ACTIONS, actionLabel, type Setting, withSetting } from "./setting";

type Props = { node: ActionNode; onNode: (node: ActionNode) => void; problems: readonly PolicyProblem[] };

/** What an action is told, by the kind of action. */
export function ActionForm({ node, onNode, problems }: Props) {
  return (
    <>
      <NativeSelect
        label="Action"
        data={Object.keys(ACTIONS).map((action) => ({ value: action, label: actionLabel(action) }))}
        value={node.action}
        onChange={(event) => onNode({ ...node, action: event.currentTarget.value, config: {} })}
      />
      {(ACTIONS[node.action] ?? []).map((setting) => (
        <SettingField
          key={setting.key}
          setting={setting}
          value={node.config[setting.key]}
          error={messagesAt(problems, `config.${setting.key}`).join(" ") || undefined}
          onValue={(value) => onNode({ ...node, config: withSetting(node.config, setting.key, value) })}
        />
      ))}
    </>
  );
}

type FieldProps = { setting: Setting; value: unknown; error: string | undefined; onValue: (value: unknown) => void };

function SettingField({ setting, value, error, onValue }: FieldProps) {
  const { key, form, needed = false, choices = [], hint } = setting;
  const shared = { label: words(key), description: hint, error, required: needed };
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  switch (form) {
    case "boolean":
      return <Checkbox label={words(key)} error={error} checked={value === true} onChange={(event) => onValue(event.currentTarget.checked)} />;
    case "choice":
      return <NativeSelect {...shared} data={[{ value: "", label: "As usual" }, ...choices.map((one) => ({ value: one, label: words(one) }))]} value={text} onChange={(event) => onValue(event.currentTarget.value)} />;
    case "texts":
      return <TagsInput {...shared} data={[...choices]} value={Array.isArray(value) ? value.map(String) : []} onChange={onValue} />;
    case "template":
      return <Textarea {...shared} autosize minRows={2} value={text} onChange={(event) => onValue(event.currentTarget.value)} />;
    case "integer":
      return <TextInput {...shared} inputMode="numeric" value={text} onChange={(event) => onValue(wholeOf(event.currentTarget.value))} />;
    case "recipient":
      return <Recipient {...shared} value={value} onValue={onValue} />;
    default:
      return <TextInput {...shared} value={text} onChange={(event) => onValue(event.currentTarget.value)} />;
  }
}

/** A whole number as the server takes it; anything else goes as it is typed, for the server to refuse. */
function wholeOf(text: string): number | string {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : text;
}

const RECIPIENTS = ["user", "role", "address"];

function Recipient({ label, error, value, onValue }: { label: string; error: string | undefined; value: unknown; onValue: (value: unknown) => void }) {
  const [[kind, whom] = ["role", ""]] = Object.entries(typeof value === "object" && value !== null ? value : {}) as [string, string][];
  return (
    <>
      <NativeSelect label={label} data={RECIPIENTS.map((one) => ({ value: one, label: words(one) }))} value={kind} onChange={(event) => onValue({ [event.currentTarget.value]: whom })} />
      <TextInput label={words(kind)} required error={error} value={whom} onChange={(event) => onValue({ [kind]: event.currentTarget.value })} />
    </>
  );
}
