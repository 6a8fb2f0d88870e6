import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { knownPerson } from "@/api/session";
import {
  ArchivePolicyDocument,
  DenyPolicyChangeDocument,
  PausePolicyDocument,
  type PolicyMode,
  type PolicyQuery,
  PublishPolicyDocument,
  type RefusalTextFragment,
  ResumePolicyDocument,
  WithdrawPolicyChangeDocument,
} from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { Panel } from "@/templates/Panel";
import { Blocked } from "@/workflow/Blocked";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import workflow from "@/workflow/Workflow.module.css";
import { askedWords } from "./inForce";
import classes from "./Policy.module.css";
import { VersionLink } from "./VersionLink";

export type KnownPolicy = NonNullable<PolicyQuery["policy"]>;
type Changed = { __typename: "PolicyChanged"; policy: { id: string } } | ({ __typename: "Refusal" } & RefusalTextFragment);
type Plain = TypedDocumentNode<{ outcome: Changed }, { id: string; reason: string; key?: string | null }>;
type Props = { policy: KnownPolicy; onDone: () => void };

/** What may be done about a policy now, by whom, and what waits for a second person; `shown` is the version in sight. */
export function LifeActs({ policy, shown, onDone }: Props & { shown: number }) {
  const labels = new Map(policy.workflow.allowedEvents.map(({ event, label }) => [event, label]));
  const simple = (event: string, document: Plain) => {
    const label = labels.get(event);
    return label ? <PlainAct key={event} id={policy.id} label={label} document={document} onDone={onDone} /> : null;
  };
  const acts = [
    labels.has("REQUEST_PUBLICATION") ? <Publish key={`publish ${shown}`} policy={policy} shown={shown} label={labels.get("REQUEST_PUBLICATION") ?? ""} onDone={onDone} /> : null,
    simple("REQUEST_RESUMPTION", ResumePolicyDocument),
    simple("PAUSE", PausePolicyDocument),
    simple("ARCHIVE", ArchivePolicyDocument),
  ].filter((act) => act !== null);
  return (
    <>
      {policy.pending ? <Pending key={policy.pending.approvalId} policy={policy} pending={policy.pending} shown={shown} onDone={onDone} /> : null}
      {policy.refusedChange ? (
        <Panel title="Not put into force" padded>
          Version {policy.refusedChange.version}: {policy.refusedChange.reason}
        </Panel>
      ) : null}
      {acts.length > 0 ? (
        <Panel title="Possible now">
          <ul className={classes["rows"]}>
            {acts.map((act) => (
              <li key={act.key}>{act}</li>
            ))}
          </ul>
        </Panel>
      ) : null}
      <Blocked lifecycle={{ id: policy.id, title: policy.name, workflow: policy.workflow }} />
    </>
  );
}

type Asked = NonNullable<KnownPolicy["pending"]>;

/** A change that one person has asked for: who else can consent does it here, while that version is in sight. */
function Pending({ policy, pending, shown, onDone }: Props & { pending: Asked; shown: number }) {
  const isOwn = pending.requestedBy.id === knownPerson()?.id;
  const { kind, version } = pending;
  return (
    <Panel title={kind === "RESUME" ? "Waits for consent to resume" : "Waits for consent to publish"}>
      <div className={`${workflow["padded"]} ${classes["stack"]}`}>
        <div>
          <strong>Version {version}</strong>, {askedWords(pending)}. Asked by {pending.requestedBy.name}: “{pending.reason}”
        </div>
        {pending.mayDecide && shown === version ? <Consent policy={policy} pending={pending} onDone={onDone} /> : null}
        {pending.mayDecide && shown !== version ? (
          <span>
            Another version is shown here. Consent where it can be seen: <VersionLink policyId={policy.id} version={version} />
          </span>
        ) : null}
        {pending.mayDecide ? <PlainAct id={policy.id} label="Deny" document={DenyPolicyChangeDocument} onDone={onDone} /> : null}
        {isOwn ? <PlainAct id={policy.id} label="Withdraw" document={WithdrawPolicyChangeDocument} onDone={onDone} /> : null}
        {pending.mayDecide ? null : <span className={classes["dim"]}>Somebody else who may publish policies has to consent.</span>}
      </div>
    </Panel>
  );
}

function Consent({ policy, pending, onDone }: Props & { pending: Asked }) {
  const publish = useAct(PublishPolicyDocument);
  const resume = useAct(ResumePolicyDocument);
  const { kind, version, mode, rollout } = pending;
  const { busy, outcome } = kind === "RESUME" ? resume : publish;
  const consent = (reason: string) =>
    kind === "RESUME" ? resume.act({ id: policy.id, reason, version }, "Done") : publish.act({ id: policy.id, reason, version, mode, rollout }, "Done");
  return (
    <ReasonForm label={`Consent to version ${version}`} busy={busy} onSubmit={(reason) => void consent(reason).then((done) => done && onDone())}>
      <OutcomeNotice outcome={outcome} />
    </ReasonForm>
  );
}

type ActProps = { id: string; label: string; document: Plain; onDone: () => void };

function PlainAct({ id, label, document, onDone }: ActProps) {
  const { busy, outcome, act } = useAct(document);
  return (
    <details>
      <summary>{label}</summary>
      <ReasonForm label={label} busy={busy} onSubmit={(reason) => void act({ id, reason }, "Done").then((done) => done && onDone())}>
        <OutcomeNotice outcome={outcome} />
      </ReasonForm>
    </details>
  );
}

/** Asks for the publication of a version, at first the one in sight: whether it decides or is only watched, and for how many entities. */
function Publish({ policy, shown, label, onDone }: Props & { shown: number; label: string }) {
  const [version, setVersion] = useState(String(shown));
  const [mode, setMode] = useState<PolicyMode>("ENFORCE");
  const [share, setShare] = useState("100");
  const { busy, outcome, act } = useAct(PublishPolicyDocument);
  const rollout = Math.round(Number(share) * 100);
  const submit = (reason: string) => void act({ id: policy.id, reason, version: Number(version), mode, rollout }, "Asked").then((done) => done && onDone());
  return (
    <details open={policy.workflowState === "DRAFT"}>
      <summary>{label}</summary>
      <ReasonForm label={label} busy={busy} isReady={rollout >= 0 && rollout <= 10_000} onSubmit={submit}>
        <NativeSelect label="Version" value={version} data={policy.versions.map((one) => String(one.version))} onChange={(event) => setVersion(event.currentTarget.value)} />
        <NativeSelect
          label="Mode"
          value={mode}
          data={[
            { value: "ENFORCE", label: "Decides" },
            { value: "SHADOW", label: "Is only watched (shadow)" },
          ]}
          onChange={(event) => setMode(event.currentTarget.value === "SHADOW" ? "SHADOW" : "ENFORCE")}
        />
        <TextInput label="For how many, in percent" inputMode="decimal" value={share} onChange={(event) => setShare(event.currentTarget.value)} />
        <OutcomeNotice outcome={outcome} />
      </ReasonForm>
    </details>
  );
}

type FormProps = { label: string; busy: boolean; isReady?: boolean; onSubmit: (reason: string) => void; children: React.ReactNode };

function ReasonForm({ label, busy, isReady = true, onSubmit, children }: FormProps) {
  const [reason, setReason] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    onSubmit(reason.trim());
  }
  return (
    <form className={workflow["form"]} aria-label={label} onSubmit={submit} style={{ paddingTop: 8 }}>
      <TextInput label="Reason" required autoComplete="off" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      {children}
      <Button type="submit" loading={busy} disabled={!reason.trim() || !isReady} style={{ alignSelf: "start" }}>
        {label}
      </Button>
    </form>
  );
}
