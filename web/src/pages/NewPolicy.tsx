import { Title } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { CreatePolicyDocument } from "@/gen/graphql";
import { useTriggers } from "@/policy/useTriggers";
import { useAct } from "@/system/useAct";
import { Empty, Failure } from "@/ui/Said";

const PolicyEditor = lazy(() => import("@/policy/PolicyEditor"));

/** A policy that is drawn from nothing. */
export function NewPolicy() {
  const may = useMay("policy.write");
  const navigate = useNavigate();
  const triggers = useTriggers();
  const { busy, outcome, act } = useAct(CreatePolicyDocument);
  if (may === false)
    return (
      <Empty page title="This page is not for your roles">
        <Link to="/policies">Go to the policies</Link>
      </Empty>
    );
  if (triggers.error)
    return (
      <Failure page title="The triggers could not be loaded">
        {errorText(triggers.error)}
      </Failure>
    );
  return (
    <>
      <title>New policy · Orderwright</title>
      <Title order={1} size="h3" mb={12}>
        New policy
      </Title>
      {triggers.isThere && may ? (
        <Suspense fallback={<p role="status">Opening the editor</p>}>
          <PolicyEditor
            start={undefined}
            {...{ triggers, busy, outcome }}
            onSave={(document, note) =>
              void act({ document, note: note.trim() || null }, "Saved").then((done) => done && navigate({ to: "/policies/$policyId", params: { policyId: done.policy.id } }))
            }
          />
        </Suspense>
      ) : (
        <p role="status">Opening the editor</p>
      )}
    </>
  );
}
