import { Button, Popover } from "@mantine/core";
import { useState } from "react";
import classes from "./System.module.css";

type SureProps = { label: string; question: string; busy: boolean; onSure: () => void };

/** A button for what cannot be taken back: it asks once more. */
export function Sure({ label, question, busy, onSure }: SureProps) {
  const [asking, setAsking] = useState(false);
  return (
    <Popover opened={asking} onChange={setAsking} withinPortal={false} trapFocus returnFocus position="bottom-start">
      <Popover.Target>
        <Button variant="default" loading={busy} onClick={() => setAsking(!asking)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <p className={classes["said"]}>{question}</p>
        <div className={classes["sure"]}>
          <Button
            color="red"
            onClick={() => {
              setAsking(false);
              onSure();
            }}
          >
            {label}
          </Button>
          <Button variant="default" onClick={() => setAsking(false)}>
            Leave it
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
