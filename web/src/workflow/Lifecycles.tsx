import { Tabs } from "@mantine/core";
import { lazy, Suspense } from "react";
import { ChartLoading } from "@/chart/ChartLoading";
import { Moment } from "@/ui/Moment";
import type { Lifecycle, PastMoment } from "./lifecycle";
import classes from "./Workflow.module.css";

const Statechart = lazy(() => import("@/chart/Statechart"));

type Props = {
  lifecycles: readonly Lifecycle[];
  shown: Lifecycle;
  onShow: (id: string) => void;
  moment: PastMoment | undefined;
};

/** The lifecycles of a thing, one at a time: its statechart with the present, or a past moment, lit. */
export function Lifecycles({ lifecycles, shown, onShow, moment }: Props) {
  return (
    <section className={classes["panel"]} aria-label="Lifecycle">
      <Tabs value={shown.id} onChange={(id) => id && onShow(id)} keepMounted={false}>
        <Tabs.List aria-label="Lifecycles">
          {lifecycles.map((one) => (
            <Tabs.Tab key={one.id} value={one.id}>
              {one.title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {lifecycles.map((one) => (
          <Tabs.Panel key={one.id} value={one.id}>
            <Suspense fallback={<ChartLoading />}>
              <Statechart lifecycle={one} moment={moment} />
            </Suspense>
            <Timers lifecycle={one} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  );
}

function Timers({ lifecycle }: { lifecycle: Lifecycle }) {
  const { timers } = lifecycle.workflow;
  if (timers.length === 0) return null;
  return (
    <ul className={classes["timers"]} aria-label="Timers">
      {timers.map((timer) => (
        <li key={timer.id}>
          {timer.label} <span aria-hidden="true">·</span> <Moment at={timer.dueAt} />
        </li>
      ))}
    </ul>
  );
}
