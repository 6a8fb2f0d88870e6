import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { CloseLocationDocument, type LocationRowFragment, RenameLocationDocument, ReopenLocationDocument } from "@/gen/graphql";
import { Facts } from "@/system/Facts";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

type Props = { row: LocationRowFragment; may: boolean; again: () => void };

/** A location, with what may be done with it. */
export function LocationItem({ row, may, again }: Props) {
  const tone = row.isOpen ? "good" : "neutral";
  const closed = row.closedAt ? [{ name: "Closed", value: <Moment at={row.closedAt} /> }] : [];
  return (
    <li className={classes["row"]} data-tone={tone}>
      <div className={classes["head"]}>
        <Chip label={row.isOpen ? "Open" : "Closed"} tone={tone} />
        <span className={classes["cause"]}>{row.name}</span>
      </div>
      <Facts of={[{ name: "Id", value: row.id }, { name: "Rank", value: row.rank }, ...closed]} />
      {may ? <LocationActs row={row} again={again} /> : null}
    </li>
  );
}

function LocationActs({ row, again }: Omit<Props, "may">) {
  const close = useAct(CloseLocationDocument);
  const reopen = useAct(ReopenLocationDocument);
  const [renaming, setRenaming] = useState(false);
  const turn = row.isOpen ? close : reopen;
  return (
    <>
      <div className={classes["acts"]}>
        <Button variant="default" aria-expanded={renaming} onClick={() => setRenaming(!renaming)}>
          Rename
        </Button>
        <Button variant="default" loading={turn.busy} onClick={() => void turn.act({ id: row.id }, "Done").then(again)}>
          {row.isOpen ? "Close" : "Reopen"}
        </Button>
      </div>
      {renaming ? (
        <RenameForm
          row={row}
          onDone={() => {
            setRenaming(false);
            again();
          }}
        />
      ) : null}
      <OutcomeNotice outcome={turn.outcome?.kind === "applied" ? undefined : turn.outcome} />
    </>
  );
}

function RenameForm({ row, onDone }: { row: LocationRowFragment; onDone: () => void }) {
  const [name, setName] = useState(row.name);
  const { busy, outcome, act } = useAct(RenameLocationDocument);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (await act({ id: row.id, name: name.trim() }, "Renamed")) onDone();
  }

  return (
    <form className={classes["form"]} aria-label={`Rename ${row.name}`} noValidate onSubmit={(event) => void submit(event)}>
      <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <OutcomeNotice outcome={outcome} />
      <Button type="submit" loading={busy} disabled={!name.trim()}>
        Rename
      </Button>
    </form>
  );
}
