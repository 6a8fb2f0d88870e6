import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./FormPage.module.css";

/** The form template: one thing to fill in, on a page of its own. */
export function FormPage({ title, onSubmit, children }: { title: string; onSubmit: () => void; children: ReactNode }) {
  return (
    <div className={classes["page"]}>
      <title>{`${title} · Orderwright`}</title>
      <Title order={1} size="h3" mb={12}>
        {title}
      </Title>
      <form
        className={classes["form"]}
        aria-label={title}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {children}
      </form>
    </div>
  );
}
