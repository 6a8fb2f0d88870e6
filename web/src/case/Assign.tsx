import { Button, NativeSelect } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { AssignCaseDocument, type OneCaseQuery } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { Panel } from "@/templates/Panel";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./Case.module.css";

/** Gives a case to a colleague, for who may. */
export function Assign({ of }: { of: NonNullable<OneCaseQuery["case"]> }) {
  const others = of.colleagues.filter(({ id }) => id !== of.assigneeId);
  const [chosen, setChosen] = useState("");
  const { busy, outcome, act } = useAct(AssignCaseDocument);
  if (others.length === 0 || of.workflowState === "RESOLVED") return null;
  function submit(event: FormEvent) {
    event.preventDefault();
    void act({ id: of.id, assigneeId: chosen }, "Assigned").then((done) => done && setChosen(""));
  }
  return (
    <Panel title="Assign">
      <form className={classes["body"]} aria-label="Assign" onSubmit={submit}>
        <div className={classes["assign"]}>
          <NativeSelect
            label="Colleague"
            value={chosen}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={[{ value: "", label: "Choose" }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
          />
          <Button type="submit" variant="default" loading={busy} disabled={!chosen}>
            Assign
          </Button>
        </div>
        <OutcomeNotice outcome={outcome} />
      </form>
    </Panel>
  );
}
