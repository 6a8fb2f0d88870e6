import { ActionIcon, Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type TestedPolicyFragment, TestPolicyDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { CrossIcon } from "@/ui/icons";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import workflow from "@/workflow/Workflow.module.css";
import { type PolicyDocument, triggerName, type Value } from "./document";
import { factLabel, type Facts } from "./fact";
import { factsRead } from "./factsRead";
import { startValue } from "./operator";
import classes from "./Policy.module.css";
import { Tested } from "./Tested";
import { TypedInput } from "./TypedInput";

type Props = { document: PolicyDocument; facts: Facts; currency: string; onTested: (tested: TestedPolicyFragment | undefined) => void };

/** Tries a document on sample facts, or on those of a past execution; nothing is written. */
export function TestPanel({ document, facts, currency, onTested }: Props) {
  const [source, setSource] = useState("facts");
  const [values, setValues] = useState<Readonly<Record<string, Value>>>({});
  const [added, setAdded] = useState<readonly string[]>([]);
  const [execution, setExecution] = useState("");
  const [tested, setTested] = useState<TestedPolicyFragment>();
  const { busy, outcome, act } = useAct(TestPolicyDocument);
  const read = factsRead(document);
  const names = [...new Set([...read, ...added])];

  async function submit(event: FormEvent) {
    event.preventDefault();
    const sample = source === "facts" ? { facts: said(values, names) } : { executionId: execution.trim() };
    const done = await act({ document, ...sample }, "Tested");
    setTested(done);
    onTested(done);
  }

  return (
    <form className={`${workflow["form"]} ${workflow["padded"]}`} aria-label="Test" noValidate onSubmit={(event) => void submit(event)}>
      <SegmentedControl
        aria-label="On what"
        size="xs"
        value={source}
        onChange={setSource}
        data={[
          { value: "facts", label: "Sample facts" },
          { value: "execution", label: "A past execution" },
        ]}
      />
      {source === "facts" ? (
        <>
          <ul className={classes["samples"]}>
            {names.map((name) => (
              <Sample key={name} {...{ name, facts, currency }} value={values[name]} onValue={(value) => setValues((now) => changed(now, name, value))} />
            ))}
          </ul>
          <Select
            size="xs"
            label="Another fact"
            placeholder="Choose a fact"
            searchable
            limit={60}
            data={[...facts.keys()].filter((name) => !names.includes(name)).map((name) => ({ value: name, label: factLabel(name, facts) }))}
            value={null}
            onChange={(name) => name && setAdded((now) => [...now, name])}
          />
        </>
      ) : (
        <TextInput label="Execution" description="The id of an execution; masked facts are not known here" value={execution} onChange={(event) => setExecution(event.currentTarget.value)} />
      )}
      {outcome?.kind === "applied" ? null : <OutcomeNotice outcome={outcome} />}
      <Button type="submit" loading={busy} variant="default" style={{ alignSelf: "start" }}>
        Test
      </Button>
      {tested ? <Tested tested={tested} facts={facts} trigger={triggerName(document.trigger)} /> : null}
    </form>
  );
}

type SampleProps = { name: string; facts: Facts; currency: string; value: Value | undefined; onValue: (value: Value | undefined) => void };

/** One fact of the sample: said, or not known. */
function Sample({ name, facts, currency, value, onValue }: SampleProps) {
  const label = factLabel(name, facts);
  const type = facts.get(name)?.type;
  return (
    <li>
      <span>{label}</span>
      {value === undefined ? (
        <Button size="compact-xs" variant="default" aria-label={`Not known: ${label}`} onClick={() => onValue(startValue(type, "==", currency))}>
          Not known
        </Button>
      ) : (
        <>
          <TypedInput type={type} currency={currency} label={label} value={value} onValue={onValue} />
          <ActionIcon variant="subtle" color="gray" c="inherit" aria-label={`Forget ${label}`} onClick={() => onValue(undefined)}>
            <CrossIcon />
          </ActionIcon>
        </>
      )}
    </li>
  );
}

function changed(values: Readonly<Record<string, Value>>, name: string, value: Value | undefined): Readonly<Record<string, Value>> {
  const { [name]: _old, ...rest } = values;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** What is said of the facts that are shown. */
function said(values: Readonly<Record<string, Value>>, names: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}
