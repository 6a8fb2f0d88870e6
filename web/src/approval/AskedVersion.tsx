import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { PolicyAskedDocument } from "@/gen/graphql";
import classes from "@/override/Override.module.css";
import { Differences } from "@/policy/Differences";
import { askedWords, inForceWords } from "@/policy/inForce";
import { VersionLink } from "@/policy/VersionLink";
import { Panel } from "@/templates/Panel";

/** The version of a policy that a pending approval is about: on what terms it would decide, and what it changes. */
export function AskedVersion({ policyId, approvalId }: { policyId: string; approvalId: string }) {
  const [{ data, error }] = useQuery({ query: PolicyAskedDocument, variables: { id: policyId }, requestPolicy: "cache-and-network" });
  const policy = data?.policy;
  if (error && !policy) return <span role="alert">{errorText(error)}</span>;
  if (!policy) return null;
  const { pending } = policy;
  if (pending?.approvalId !== approvalId) return <p className={classes["dim"]}>The policy does not wait for this any more.</p>;
  return (
    <>
      <Panel title="What is asked for">
        <div className={classes["body"]}>
          <VersionLink policyId={policyId} version={pending.version} />, {askedWords(pending)}. In force: {policy.inForce ? inForceWords(policy.inForce) : "nothing"}.
        </div>
      </Panel>
      <Differences key={`${pending.version} ${policy.inForce?.version}`} policy={policy} after={pending.version} />
    </>
  );
}
