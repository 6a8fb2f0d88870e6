import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { CompliancePage } from "@/compliance/CompliancePage";
import { words } from "@/format/word";
import { KycSessionDocument, type KycSessionQuery } from "@/gen/graphql";
import classes from "@/policy/Policy.module.css";
import { Panel } from "@/templates/Panel";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/kyc/$sessionId");

type Known = NonNullable<KycSessionQuery["kycSession"]>;

/** One KYC session: what was handed in, what is asked for, what holds it back. */
export function KycSession() {
  const { sessionId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: KycSessionDocument, variables: { id: sessionId } });
  const session = data?.kycSession;
  return (
    <CompliancePage
      key={sessionId}
      kind="KYC session"
      entity="KYC"
      of="kyc"
      list="/kyc"
      thing={session}
      {...{ fetching, error }}
      again={() => refetch({ requestPolicy: "network-only" })}
      figures={session ? figuresOf(session) : []}
      story={session ? <Documents of={session} /> : null}
    />
  );
}

function figuresOf(session: Known) {
  return [
    {
      label: "User",
      value: (
        <Link to="/users/$userId" params={{ userId: session.userId }}>
          {session.userEmail}
        </Link>
      ),
    },
    { label: "Submissions", value: session.submissions },
    { label: "Begun", value: <Moment at={session.createdAt} /> },
    ...(session.expiresAt ? [{ label: "Until", value: <Moment at={session.expiresAt} /> }] : []),
    ...(session.isFinal ? [{ label: "Rejected", value: "For good" }] : []),
  ];
}

function Documents({ of }: { of: Known }) {
  return (
    <Panel title="Documents">
      <ul className={classes["rows"]}>
        {of.required.length > 0 ? (
          <li>
            Asked for: {of.required.map(words).join(", ")}
            {of.message ? ` (“${of.message}”)` : ""}
          </li>
        ) : null}
        {of.documents.length === 0 ? <li>Nothing was handed in yet.</li> : null}
        {of.documents.map((one) => (
          <li key={`${one.documentType} ${one.submittedAt}`} className={classes["line"]}>
            <span>{words(one.documentType)}</span>
            <span>{[one.country, one.provider, one.reference].filter(Boolean).join(" · ")}</span>
            <span className={classes["end"]}>
              <Moment at={one.submittedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
