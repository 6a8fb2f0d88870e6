import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./InboxPage.module.css";

type Props = {
  title: string;
  total: number | undefined;
  tools?: ReactNode;
  /** What waits, the first in front. */
  queue: ReactNode;
  /** The name of the queue for who cannot see it. */
  queueName: string;
  /** The one that is open; nothing when none is. */
  detail: ReactNode;
};

/** The inbox template: the queue on the left, what was chosen beside it; on a narrow screen one after the other. */
export function InboxPage({ title, total, tools, queue, queueName, detail }: Props) {
  return (
    <div className={classes["page"]}>
      <title>{`${title} · Orderwright`}</title>
      <header className={classes["head"]}>
        <Title order={1} size="h3">
          {title}{" "}
          <span className={classes["count"]} role="status" aria-label={`Number of ${title.toLowerCase()}`}>
            {total === undefined ? "" : total.toLocaleString("en")}
          </span>
        </Title>
        {tools}
      </header>
      <div className={classes["columns"]} data-open={detail ? true : undefined}>
        <section className={classes["queue"]} aria-label={queueName}>
          {queue}
        </section>
        <div className={classes["detail"]}>{detail}</div>
      </div>
    </div>
  );
}
