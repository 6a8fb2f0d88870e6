import { Button, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Said.module.css";

type Props = { title: string; children?: ReactNode; again?: () => void };

/** Nothing is here, and why. */
export function Empty({ title, children }: Omit<Props, "again">) {
  return (
    <div className={classes["said"]}>
      <Text fw={600}>{title}</Text>
      {children ? <div className={classes["more"]}>{children}</div> : null}
    </div>
  );
}

/** It could not be shown, and what can be done. */
export function Failure({ title, children, again }: Props) {
  return (
    <div className={classes["said"]} role="alert">
      <Text fw={600}>{title}</Text>
      {children ? <div className={classes["more"]}>{children}</div> : null}
      {again ? (
        <Button variant="default" onClick={again}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}
