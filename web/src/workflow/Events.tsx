import { useState } from "react";
import { ChevronIcon } from "@/ui/icons";
import { EventForm } from "./EventForm";
import type { Lifecycle } from "./lifecycle";
import { OutcomeNotice } from "./OutcomeNotice";
import { Reasons } from "./Reasons";
import { type SendEvent, useSendEvent } from "./send";
import classes from "./Workflow.module.css";

type Props = { of: "sale" | "fulfilment" | "quotation"; lifecycle: Lifecycle };

/**
 * What is possible now, what is not and why, and what the lifecycle waits for.
 * An applied event brings the new truth by itself: its answer outdates every cached query with a workflow.
 */
export function Events({ of, lifecycle }: Props) {
  const send = useSendEvent(of, lifecycle.id);
  const [message, setMessage] = useState("");
  const { allowedEvents, blockedEvents, waitingFor } = lifecycle.workflow;
  const [first] = allowedEvents;
  return (
    <>
      <OutcomeNotice outcome={message ? { kind: "applied", message } : undefined} />
      <section className={classes["panel"]} aria-label={`Possible now: ${lifecycle.title}`}>
        <h2>Possible now</h2>
        {allowedEvents.length === 0 ? <p className={classes["none"]}>Nothing can be done by you here now.</p> : null}
        {allowedEvents.map((event) => (
          <Disclosure key={event.event} id={eventAnchor(lifecycle.id, event.event)} label={event.label} open={event === first}>
            <EventForm
              event={event}
              send={clearing(send, () => setMessage(""))}
              onApplied={setMessage}
            />
          </Disclosure>
        ))}
      </section>
      {waitingFor.length > 0 ? (
        <section className={classes["panel"]} aria-label={`Waiting for: ${lifecycle.title}`}>
          <h2>Waiting for</h2>
          <div className={classes["none"]} style={{ color: "inherit" }}>
            <Reasons reasons={waitingFor} />
          </div>
        </section>
      ) : null}
      {blockedEvents.length > 0 ? (
        <section className={classes["panel"]} aria-label={`Not possible now: ${lifecycle.title}`}>
          <h2>Not possible now</h2>
          {blockedEvents.map((event) => (
            <Disclosure key={event.event} label={event.label} open={false}>
              <Reasons reasons={event.reasons} />
            </Disclosure>
          ))}
        </section>
      ) : null}
    </>
  );
}

/** Where the form of an event is on the page. */
export function eventAnchor(lifecycleId: string, event: string): string {
  return `event-${lifecycleId}-${event}`;
}

function clearing(send: SendEvent, clear: () => void): SendEvent {
  return (event) => {
    clear();
    return send(event);
  };
}

type DisclosureProps = { id?: string; label: string; open: boolean; children: React.ReactNode };

function Disclosure({ id, label, open, children }: DisclosureProps) {
  const [choice, setChoice] = useState<boolean>();
  const expanded = choice ?? open;
  return (
    <div className={classes["event"]}>
      <button
        id={id}
        type="button"
        className={classes["toggle"]}
        aria-expanded={expanded}
        onClick={() => setChoice(!expanded)}
      >
        <ChevronIcon />
        {label}
      </button>
      <div className={classes["body"]} hidden={!expanded}>
        {children}
      </div>
    </div>
  );
}
