import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { CombinedError } from "urql";
import { errorText } from "@/api/client";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { PoliciesOn } from "@/policy/PoliciesOn";
import { DetailLoading, DetailPage, type Figure } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Empty, Failure } from "@/ui/Said";
import { Events } from "@/workflow/Events";
import type { Lifecycle, PastMoment, Workflow } from "@/workflow/lifecycle";
import { Lifecycles } from "@/workflow/Lifecycles";
import { NextStep } from "@/workflow/NextStep";
import { TransitionLog } from "@/workflow/TransitionLog";
import type { StandingFragment } from "@/gen/graphql";
import { Holds } from "./Holds";

type Thing = StandingFragment & { number: string; workflow: Workflow };
type Props = {
  /** What it is: "Pay-in". */
  kind: string;
  /** As policies call it: "PayIn". */
  entity: string;
  of: "payin" | "payout" | "kyc" | "user";
  list: "/pay-ins" | "/pay-outs" | "/kyc" | "/users";
  thing: Thing | null | undefined;
  fetching: boolean;
  error: CombinedError | undefined;
  again: () => void;
  figures: readonly Figure[];
  side?: ReactNode;
  story?: ReactNode;
  /** Other lifecycles that belong to it. */
  others?: readonly Lifecycle[];
};

/** Something that policies decide on: where it stands, what blocks it and why, what can be done, what happened. */
export function CompliancePage(props: Props) {
  const { kind, thing, fetching, error, again, list } = props;
  const noun = kind.toLowerCase();
  useRefetchWhileVisible(again);
  if (error && !thing)
    return (
      <Failure page title={`The ${noun} could not be loaded`} again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!thing && fetching) return <DetailLoading noun={noun} />;
  if (!thing)
    return (
      <Empty page title={`There is no such ${noun}`}>
        <Link to={list}>Go to the list</Link>
      </Empty>
    );
  return <Known {...props} thing={thing} />;
}

const NONE: readonly Lifecycle[] = [];

function Known({ kind, entity, of, thing, figures, side, story, others = NONE }: Props & { thing: Thing }) {
  const [moment, setMoment] = useState<PastMoment>();
  const [chosen, setChosen] = useState(thing.id);
  const own: Lifecycle = { id: thing.id, title: kind, workflow: thing.workflow };
  const lifecycles = [own, ...others];
  const shown = lifecycles.find(({ id }) => id === chosen) ?? own;
  return (
    <DetailPage
      kind={kind}
      number={thing.number}
      chip={{ label: thing.workflowLabel, tone: thing.workflowTone, description: thing.workflowDescription }}
      figures={figures}
      nextStep={<NextStep lifecycle={own} />}
      picture={<Lifecycles lifecycles={lifecycles} shown={shown} onShow={setChosen} moment={moment} />}
      side={
        <>
          <Holds of={thing} entity={entity} id={thing.id} />
          <Events of={of} lifecycle={own} />
          <PoliciesOn entity={entity} id={thing.id} />
          {side}
        </>
      }
      story={
        <>
          {story}
          <Panel title="What happened">
            <TransitionLog lifecycles={lifecycles} moment={moment} onMoment={setMoment} onShow={setChosen} />
          </Panel>
        </>
      }
    />
  );
}
