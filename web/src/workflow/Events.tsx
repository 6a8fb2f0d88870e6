import { useEffect, useRef, useState } from "react";
import type { Added, Choices } from "@/form/field";
import type { Inputs } from "@/form/value";
import { Panel } from "@/templates/Panel";
import { ChevronIcon } from "@/ui/icons";
import { Blocked } from "./Blocked";
import { EventForm, formName } from "./EventForm";
import { allowedInOrder, currencyOf, type Lifecycle, nextOf } from "./lifecycle";
import { OutcomeNotice } from "./OutcomeNotice";
import { Reasons } from "./Reasons";
import { type Sendable, useSendEvent } from "./send";
import classes from "./Workflow.module.css";

type Props = {
  of: Sendable;
  lifecycle: Lifecycle;
  /** What the page knows already, by the name of the field that asks for it. */
  known?: Inputs;
  /** What can be chosen instead of typed. It is the same object as long as it says the same. */
  choices?: Choices;
  /** What it adds to the data where nobody is asked for it. */
  added?: Added;
  /** Hears of each event that was taken. */
  onApplied?: (event: string) => void;
};

const NOTHING: Inputs = {};
const ANYTHING: Choices = {};
const NO_MORE: Added = {};

/**
 * What is possible now, what is not and why, and what the lifecycle waits for.
 * An applied event brings the new truth by itself: its answer outdates every cached query with a workflow.
 */
export function Events({ of, lifecycle, known = NOTHING, choices = ANYTHING, added = NO_MORE, onApplied }: Props) {
  const send = useSendEvent(of, lifecycle.id);
  const [message, setMessage] = useState("");
  const [opened, setOpened] = useState<Readonly<Record<string, boolean | undefined>>>({});
  const open = (event: string, choice: boolean | undefined) => setOpened((now) => ({ ...now, [event]: choice }));
  const { workflow } = lifecycle;
  const next = nextOf(workflow);
  const events = allowedInOrder(workflow);
  return (
    <>
      {message ? <Applied message={message} /> : null}
      <Panel title="Possible now" label={`Possible now: ${lifecycle.title}`}>
        {events.length === 0 ? <p className={classes["none"]}>Nothing can be done by you here now.</p> : null}
        {events.map((event) => (
          <Disclosure
            key={event.event}
            id={eventAnchor(lifecycle.id, event.event)}
            label={event.label}
            open={opened[event.event] ?? event === next}
            onOpen={(choice) => open(event.event, choice)}
          >
            <EventForm
              key={formName(event, known, added)}
              event={event}
              known={known}
              choices={choices}
              added={added}
              currency={currencyOf(workflow.context)}
              send={send}
              onTry={() => setMessage("")}
              onApplied={(said) => {
                open(event.event, undefined);
                setMessage(said);
                onApplied?.(event.event);
              }}
            />
          </Disclosure>
        ))}
      </Panel>
      {workflow.waitingFor.length > 0 ? (
        <Panel title="Waiting for" label={`Waiting for: ${lifecycle.title}`}>
          <div className={classes["blocked"]}>
            <Reasons reasons={workflow.waitingFor} />
          </div>
        </Panel>
      ) : null}
      <Blocked lifecycle={lifecycle} />
    </>
  );
}

/** Where the form of an event is on the page. */
export function eventAnchor(lifecycleId: string, event: string): string {
  return `event-${lifecycleId}-${event}`;
}

/** What was done, mounted anew each time; it takes the focus, because the form that had it may be gone. */
function Applied({ message }: { message: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <div ref={place} tabIndex={-1} className={classes["applied"]}>
      <OutcomeNotice outcome={{ kind: "applied", message }} />
    </div>
  );
}

type DisclosureProps = {
  id: string;
  label: string;
  open: boolean;
  onOpen: (open: boolean) => void;
  children: React.ReactNode;
};

function Disclosure({ id, label, open, onOpen, children }: DisclosureProps) {
  return (
    <div className={classes["event"]}>
      <button id={id} type="button" className={classes["toggle"]} aria-expanded={open} onClick={() => onOpen(!open)}>
        <ChevronIcon />
        {label}
      </button>
      <div className={classes["body"]} hidden={!open}>
        {children}
      </div>
    </div>
  );
}
