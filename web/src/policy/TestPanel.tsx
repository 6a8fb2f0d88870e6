import { ActionIcon, Button, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type TestedPolicyFragment, TestPolicyDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { CrossIcon } from "@/ui/icons";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import workflow from "@/workflow/Workflow.module.css";
import { type PolicyDocument, triggerName, type Value } from "./document";
import { factLabel, type Facts } from "./fact";
import { factsRead } from "./factsRead";
import classes from "./Policy.module.css";
import { isWritten, readSample, sampleProblem, startSample, type Told } from "./sample";
import { Tested } from "./Tested";
import { TypedInput } from "./TypedInput";

type Props = { document: PolicyDocument; facts: Facts; currency: string; onTested: (tested: TestedPolicyFragment | undefined) => void };

/** Tries a document on sample facts, or on those of a past execution; nothing is written. */
export function TestPanel({ document, facts, currency, onTested }: Props) {
  const [source, setSource] = useState("facts");
  const [values, setValues] = useState<Readonly<Record<string, Value>>>({});
  const [added, setAdded] = useState<readonly string[]>([]);
  const [execution, setExecution] = useState("");
  const [result, setResult] = useState<{ of: string; tested: TestedPolicyFragment | undefined }>();
  const [isTried, setTried] = useState(false);
  const { busy, outcome, act } = useAct(TestPolicyDocument);
  const read = factsRead(document);
  const names = [...new Set([...read, ...added])];
  const said = names.filter((name) => values[name] !== undefined);
  const problems = new Map(source === "facts" ? said.map((name) => [name, sampleProblem(values[name] ?? null, facts.get(name))]) : []);
  // A result is one of the policy and the sample as they were: it goes with the first change of either.
  const asked = JSON.stringify([{ ...document, layout: null }, source === "facts" ? said.map((name) => [name, values[name]]) : execution]);
  const tested = result?.of === asked ? result.tested : undefined;

  const told = (name: string): Told => readSample(values[name] ?? null, facts.get(name)) ?? null;
  function change(next: () => void) {
    next();
    onTested(undefined);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if ([...problems.values()].some(Boolean)) return;
    const sample = source === "facts" ? { facts: Object.fromEntries(said.map((name) => [name, told(name)])) } : { executionId: execution.trim() };
    const done = await act({ document, ...sample }, "Tested");
    setResult({ of: asked, tested: done });
    onTested(done);
  }

  return (
    <form className={`${workflow["form"]} ${workflow["padded"]}`} aria-label="Test" noValidate onSubmit={(event) => void submit(event)}>
      <SegmentedControl
        aria-label="On what"
        size="xs"
        value={source}
        onChange={(next) => change(() => setSource(next))}
        data={[
          { value: "facts", label: "Sample facts" },
          { value: "execution", label: "A past execution" },
        ]}
      />
      {source === "facts" ? (
        <>
          <ul className={classes["samples"]}>
            {names.map((name) => (
              <Sample key={name} {...{ name, facts, currency }} value={values[name]} problem={isTried ? problems.get(name) : undefined} onValue={(value) => change(() => setValues((now) => changed(now, name, value)))} />
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
        <TextInput label="Execution" description="The id of an execution; masked facts are not known here" value={execution} onChange={(event) => change(() => setExecution(event.currentTarget.value))} />
      )}
      {outcome?.kind === "applied" ? null : <OutcomeNotice outcome={outcome} />}
      <Button type="submit" loading={busy} variant="default" style={{ alignSelf: "start" }}>
        Test
      </Button>
      {tested ? <Tested tested={tested} facts={facts} trigger={triggerName(document.trigger)} /> : null}
    </form>
  );
}

type SampleProps = {
  name: string;
  facts: Facts;
  currency: string;
  value: Value | undefined;
  problem: string | undefined;
  onValue: (value: Value | undefined) => void;
};

/** One fact of the sample: said, or not known. */
function Sample({ name, facts, currency, value, problem, onValue }: SampleProps) {
  const label = factLabel(name, facts);
  const fact = facts.get(name);
  return (
    <li>
      <span>{label}</span>
      {value === undefined ? (
        <Button size="compact-xs" variant="default" aria-label={`Not known: ${label}`} onClick={() => onValue(startSample(fact, currency))}>
          Not known
        </Button>
      ) : (
        <>
          {isWritten(fact) ? (
            <Textarea
              size="xs"
              autosize
              aria-label={label}
              placeholder={fact?.type === "object" ? '{"key": "value"}' : "One on each line, or a JSON array"}
              value={String(value)}
              onChange={(event) => onValue(event.currentTarget.value)}
            />
          ) : (
            <TypedInput type={fact?.type} currency={currency} label={label} value={value} onValue={onValue} />
          )}
          <ActionIcon variant="subtle" color="gray" c="inherit" aria-label={`Forget ${label}`} onClick={() => onValue(undefined)}>
            <CrossIcon />
          </ActionIcon>
          {problem ? (
            <span role="alert" className={classes["problem"]}>
              {problem}
            </span>
          ) : null}
        </>
      )}
    </li>
  );
}

function changed(values: Readonly<Record<string, Value>>, name: string, value: Value | undefined): Readonly<Record<string, Value>> {
  const { [name]: _old, ...rest } = values;
  return value === undefined ? rest : { ...rest, [name]: value };
}
