import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { words } from "@/format/word";
import { OneCaseDocument, type OneCaseQuery } from "@/gen/graphql";
import { Consequences } from "@/policy/Consequences";
import { Belongs } from "@/system/Belongs";
import { Facts } from "@/system/Facts";
import { Panel } from "@/templates/Panel";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";
import { Events } from "@/workflow/Events";
import { fullFacts } from "@/workflow/facts";
import { TransitionLog } from "@/workflow/TransitionLog";
import { Assign } from "./Assign";
import classes from "./Case.module.css";
import { CaseLine } from "./CaseLine";
import { UnmatchedMoney } from "./UnmatchedMoney";
import { useCasesChanged } from "./useCasesChanged";

type Case = NonNullable<OneCaseQuery["case"]>;
type Props = {
  id: string;
  /** It was opened because the one before is done: whoever decides by keyboard goes on from here. */
  takesFocus: boolean;
  onResolved: (number: string) => void;
};

/** One case: what it is about, what is known, what was said and done, and what can be done. */
export function CaseDetail({ id, takesFocus, onResolved }: Props) {
  const [{ data, error, fetching }, refetch] = useQuery({ query: OneCaseDocument, variables: { id } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useCasesChanged(again);
  if (error && !data)
    return (
      <Failure title="The case could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <p role="status">Loading the case</p>;
  if (!data?.case) return <Empty title="There is no such case in your queues" />;
  return <Known of={data.case} takesFocus={takesFocus} onResolved={onResolved} />;
}

function Known({ of, takesFocus, onResolved }: { of: Case } & Omit<Props, "id">) {
  const name = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) name.current?.focus();
  }, [takesFocus]);
  const { allowedEvents, ...rest } = of.workflow;
  // Colleagues are chosen by name, see Assign.
  const workflow = { ...rest, allowedEvents: allowedEvents.filter(({ event }) => event !== "ASSIGN") };
  const lifecycle = { id: of.id, title: "Case", workflow };
  return (
    <article aria-label={`Case ${of.number}`}>
      <header className={classes["head"]}>
        <div className={classes["name"]}>
          <h2 ref={name} tabIndex={-1}>
            {of.title}
          </h2>
          <CaseLine row={of} />
        </div>
        <Facts
          of={[
            { name: "Number", value: of.number },
            { name: "About", value: <About of={of} /> },
            { name: "Type", value: words(of.type) },
            { name: "Queue", value: words(of.role) },
            { name: "Opened", value: <Moment at={of.openedAt} /> },
          ]}
        />
      </header>
      <div className={classes["columns"]}>
        <div className={classes["stack"]}>
          {of.resolution ? (
            <Panel title={`Resolved: ${words(of.resolution.word)}`}>
              <div className={classes["body"]}>
                <p className={classes["comment"]}>{of.resolution.note}</p>
              </div>
            </Panel>
          ) : null}
          {of.type === "UNMATCHED_PAYMENT" ? <UnmatchedMoney evidence={of.evidence} isOfOrder={of.subjectType === "Order"} /> : null}
          <Evidence of={of} />
          <Consequences of={of.consequences} />
          <Comments of={of} />
          <Panel title="What happened">
            <TransitionLog lifecycles={[lifecycle]} moment={undefined} onMoment={nothing} onShow={nothing} />
          </Panel>
        </div>
        <div className={`${classes["stack"]} ${classes["side"]}`}>
          <Events of="case" lifecycle={lifecycle} onApplied={(event) => event === "RESOLVE" && onResolved(of.number)} />
          <Assign of={of} />
        </div>
      </div>
    </article>
  );
}

/** The way to what a case is about. */
function About({ of }: { of: Case }) {
  if (of.subjectType !== "Payment") return <Belongs to={of.belongsTo} otherwise={of.subjectId} />;
  return (
    <Link to="/payments" search={{ q: of.subjectId }}>
      Payment
    </Link>
  );
}

function Evidence({ of }: { of: Case }) {
  const told = fullFacts(flat(of.evidence));
  if (told.length === 0) return null;
  return (
    <Panel title="Evidence">
      <div className={classes["body"]}>
        <Facts of={told.map(({ name, text }) => ({ name, value: text }))} />
      </div>
    </Panel>
  );
}

/** What the event brought stands beside its name, not within. */
function flat(evidence: unknown): unknown {
  if (typeof evidence !== "object" || evidence === null || !("data" in evidence)) return evidence;
  const { data, ...rest } = evidence;
  return typeof data === "object" ? { ...rest, ...data } : evidence;
}

function Comments({ of }: { of: Case }) {
  if (of.comments.length === 0) return null;
  return (
    <Panel title="Comments">
      <ul className={classes["rows"]}>
        {of.comments.map(({ text, at, by }) => (
          <li key={at} className={classes["body"]}>
            <span className={classes["line"]}>
              {by.name} <Moment at={at} />
            </span>
            <p className={classes["comment"]}>{text}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function nothing(): void {}
