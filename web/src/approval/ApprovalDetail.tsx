import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { words } from "@/format/word";
import { ApprovalDocument, type ApprovalQuery } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Decide } from "@/override/Decide";
import classes from "@/override/Override.module.css";
import { Votes } from "@/override/Votes";
import { AskedVersion } from "./AskedVersion";
import { Consequences } from "@/policy/Consequences";
import { EntityLink } from "@/policy/EntityLink";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";

type Known = NonNullable<ApprovalQuery["approval"]>;
type Props = { id: string; takesFocus: boolean; onDecided: (subject: string) => void };

/** One question that somebody else must decide: what it is about, who has voted, who may. */
export function ApprovalDetail({ id, takesFocus, onDecided }: Props) {
  const [{ data, error }, refetch] = useQuery({ query: ApprovalDocument, variables: { id } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  if (error && !data)
    return (
      <Failure title="The request could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data) return <p role="status">Loading the request</p>;
  if (!data.approval) return <Empty title="There is no such request" />;
  const { approval } = data;
  return (
    <article className={classes["detail"]} aria-label={`Request on ${approval.subject}`}>
      <Head of={approval} takesFocus={takesFocus} />
      {approval.subjectType === "policy" && approval.workflowState === "PENDING" ? <AskedVersion policyId={approval.subjectId} approvalId={approval.id} /> : null}
      <Decide
        key={`decide ${approval.id}`}
        request={approval}
        onVoted={(isDecided) => {
          if (isDecided) onDecided(approval.subject);
          again();
        }}
      />
      <Panel title="Votes">
        <div className={classes["body"]}>
          <Votes request={approval} />
        </div>
      </Panel>
      <Consequences of={approval.consequences} />
    </article>
  );
}

function Head({ of, takesFocus }: { of: Known; takesFocus: boolean }) {
  return (
    <header className={classes["head"]}>
      <div className={classes["line"]}>
        <Title order={2} size="h4" tabIndex={-1} ref={(node) => void (takesFocus && node?.focus())}>
          {words(of.kind)} · <Subject of={of} />
        </Title>
        <Chip label={of.workflowLabel} tone={of.workflowTone} description={of.workflowDescription} />
      </div>
      <dl className={classes["figures"]}>
        {of.amount ? (
          <div>
            <dt>Amount</dt>
            <dd>
              <Amount money={of.amount} />
            </dd>
          </div>
        ) : null}
        <div>
          <dt>Asked by</dt>
          <dd>{of.requestedBy.name}</dd>
        </div>
        <div>
          <dt>Asked</dt>
          <dd>
            <Moment at={of.requestedAt} />
          </dd>
        </div>
        <div>
          <dt>{of.workflowState === "APPROVED" ? "Holds until" : "To decide until"}</dt>
          <dd>
            <Moment at={of.expiresAt} />
          </dd>
        </div>
      </dl>
      <p className={classes["why"]}>“{of.reason}”</p>
      {of.endedReason ? <p className={classes["dim"]}>Ended: {of.endedReason}</p> : null}
    </header>
  );
}

/** What is to be decided on: a policy with its versions and changes, or what a policy holds back. */
function Subject({ of }: { of: Known }) {
  if (of.subjectType === "policy")
    return (
      <Link to="/policies/$policyId" params={{ policyId: of.subjectId }}>
        {of.subject}
      </Link>
    );
  return <EntityLink type={of.subjectType} id={of.subjectId} label={of.subject} />;
}
