import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { CompliancePage } from "@/compliance/CompliancePage";
import { UserDocument, type UserQuery } from "@/gen/graphql";
import classes from "@/policy/Policy.module.css";
import { Panel } from "@/templates/Panel";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/users/$userId");

type Known = NonNullable<UserQuery["user"]>;

/** One user: wallets, KYC sessions, and what holds them back. */
export function User() {
  const { userId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: UserDocument, variables: { id: userId } });
  const user = data?.user;
  return (
    <CompliancePage
      key={userId}
      kind="User"
      entity="User"
      of="user"
      list="/users"
      thing={user}
      {...{ fetching, error }}
      again={() => refetch({ requestPolicy: "network-only" })}
      figures={user ? figuresOf(user) : []}
      story={
        <>
          <Sessions sessions={data?.kycSessions.edges.map(({ node }) => node) ?? []} />
          {user ? <Wallets of={user} /> : null}
        </>
      }
    />
  );
}

function figuresOf(user: Known) {
  return [
    { label: "E-mail", value: user.email },
    { label: "Country", value: user.country ?? "Not known" },
    { label: "Registered", value: <Moment at={user.registeredAt} /> },
    ...(user.customerId
      ? [
          {
            label: "Customer",
            value: (
              <Link to="/customers/$customerId" params={{ customerId: user.customerId }}>
                {user.customerName}
              </Link>
            ),
          },
        ]
      : []),
  ];
}

function Sessions({ sessions }: { sessions: UserQuery["kycSessions"]["edges"][number]["node"][] }) {
  if (sessions.length === 0) return null;
  return (
    <Panel title="KYC sessions">
      <ul className={classes["rows"]}>
        {sessions.map((one) => (
          <li key={one.id} className={classes["line"]}>
            <Link to="/kyc/$sessionId" params={{ sessionId: one.id }}>
              {one.number}
            </Link>
            <Chip label={one.workflowLabel} tone={one.workflowTone} description={one.workflowDescription} />
            <Moment at={one.createdAt} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Wallets({ of }: { of: Known }) {
  if (of.wallets.length === 0) return null;
  return (
    <Panel title="Wallets">
      <ul className={classes["rows"]}>
        {of.wallets.map((one) => (
          <li key={one.id} className={classes["line"]}>
            <span>{one.cryptoType}</span>
            <span style={{ overflowWrap: "anywhere" }}>{one.address}</span>
            {one.country ? <span>{one.country}</span> : null}
            <span className={classes["end"]}>
              <Moment at={one.addedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
