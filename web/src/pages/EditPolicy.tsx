import { Title } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { PolicyDocument, type PolicyQuery, SavePolicyVersionDocument } from "@/gen/graphql";
import { asDocument } from "@/policy/document";
import { useTriggers } from "@/policy/useTriggers";
import { useAct } from "@/system/useAct";
import { Empty, Failure } from "@/ui/Said";

const PolicyEditor = lazy(() => import("@/policy/PolicyEditor"));
const route = getRouteApi("/inside/policies/$policyId/edit");

/** Another version of a policy, drawn from its latest one. */
export function EditPolicy() {
  const { policyId } = route.useParams();
  const may = useMay("policy.write");
  const [{ data, fetching, error }, refetch] = useQuery({ query: PolicyDocument, variables: { id: policyId }, requestPolicy: "network-only" });
  if (error && !data)
    return (
      <Failure page title="The policy could not be loaded" again={() => refetch({ requestPolicy: "network-only" })}>
        {errorText(error)}
      </Failure>
    );
  if (!data?.policy && !fetching) return <Empty page title="There is no such policy" />;
  if (may === false)
    return (
      <Empty page title="This page is not for your roles">
        <Link to="/policies">Go to the policies</Link>
      </Empty>
    );
  return data?.policy && may ? <Drawn key={policyId} policy={data.policy} /> : <p role="status">Opening the editor</p>;
}

/** Starts with what was the latest version when the page opened: what others save meanwhile is refused, not lost. */
function Drawn({ policy }: { policy: NonNullable<PolicyQuery["policy"]> }) {
  const [start] = useState(() => policy.versions[0]);
  const navigate = route.useNavigate();
  const triggers = useTriggers();
  const { busy, outcome, act } = useAct(SavePolicyVersionDocument);
  if (!start) return null;
  const { id, name } = policy;
  return (
    <>
      <title>{`Edit ${name} · Orderwright`}</title>
      <Title order={1} size="h3" mb={12}>
        Edit{" "}
        <Link to="/policies/$policyId" params={{ policyId: id }}>
          {name}
        </Link>
        , from version {start.version}
      </Title>
      {triggers.isThere ? (
        <Suspense fallback={<p role="status">Opening the editor</p>}>
          <PolicyEditor
            start={asDocument(start.document)}
            {...{ triggers, busy, outcome }}
            onSave={(document, note) =>
              void act({ id, document, note: note.trim() || null, basedOn: start.version }, "Saved").then(
                (done) => done && navigate({ to: "/policies/$policyId", params: { policyId: id }, search: { version: String(done.policy.latestVersion) } }),
              )
            }
          />
        </Suspense>
      ) : (
        <p role="status">Opening the editor</p>
      )}
    </>
  );
}
