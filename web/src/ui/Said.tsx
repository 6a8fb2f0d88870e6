import { Button, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Said.module.css";

/** `page`: there is nothing else on the page, so the title is its heading. */
type Props = { title: string; page?: boolean; children?: ReactNode; again?: () => void };

/** Nothing is here, and why. */
export function Empty({ title, page = false, children }: Omit<Props, "again">) {
  return (
    <div className={classes["said"]}>
      <Title order={page ? 1 : 2} size="h5">
        {title}
      </Title>
      {children ? <div className={classes["more"]}>{children}</div> : null}
    </div>
  );
}

/** It could not be shown, and what can be done. */
export function Failure({ title, page = false, children, again }: Props) {
  return (
    <div className={classes["said"]} role="alert">
      <Title order={page ? 1 : 2} size="h5">
        {title}
      </Title>
      {children ? <div className={classes["more"]}>{children}</div> : null}
      {again ? (
        <Button variant="default" onClick={again}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}
