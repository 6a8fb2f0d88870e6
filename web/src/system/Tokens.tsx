import { useQuery } from "urql";
import { type ApiTokenRowFragment, ApiTokensDocument, RevokeApiTokenDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { Facts } from "./Facts";
import { MakeToken } from "./MakeToken";
import { Section } from "./Section";
import { Sure } from "./Sure";
import classes from "./System.module.css";
import { useAct } from "./useAct";
import { WithSecret } from "./WithSecret";

/** The tokens with which hosts call: make one, see who uses which, end one. */
export function Tokens() {
  const [{ data, error }, refetch] = useQuery({ query: ApiTokensDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  return (
    <Section
      noun="API tokens"
      none="No host has a token"
      rows={data?.apiTokens}
      error={error}
      again={again}
      tools={
        <WithSecret
          label="Make a token"
          variant="default"
          what="The token"
          use="The host sends it with every call."
          Form={MakeToken}
          onMade={again}
        />
      }
    >
      {(rows) => (
        <ul className={classes["rows"]}>
          {rows.map((row) => (
            <Row key={row.id} row={row} again={again} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ row, again }: { row: ApiTokenRowFragment; again: () => void }) {
  const { busy, outcome, act } = useAct(RevokeApiTokenDocument);
  const { tone, label, isOpen } = standing(row);
  return (
    <li className={classes["row"]} data-tone={tone}>
      <div className={classes["head"]}>
        <Chip label={label} tone={tone} />
        <span className={classes["cause"]}>{row.name}</span>
      </div>
      <Facts of={particulars(row)} />
      {isOpen ? (
        <div className={classes["acts"]}>
          <Sure
            label="Revoke"
            question={`Whoever calls with ${row.name} is refused at once, for good.`}
            busy={busy}
            onSure={() => void act({ id: row.id }, "Revoked").then((done) => done && again())}
          />
        </div>
      ) : null}
      {outcome?.kind === "applied" ? null : <OutcomeNotice outcome={outcome} />}
    </li>
  );
}

function standing({ revokedAt, expiresAt }: ApiTokenRowFragment) {
  if (revokedAt) return { tone: "bad", label: "Revoked", isOpen: false };
  if (expiresAt && Date.parse(expiresAt) <= Date.now()) return { tone: "neutral", label: "Expired", isOpen: false };
  return { tone: "good", label: "Active", isOpen: true };
}

function particulars(row: ApiTokenRowFragment) {
  return [
    { name: "For", value: row.scopes.join(", ") },
    { name: `Made by ${row.createdBy.name}`, value: <Moment at={row.createdAt} /> },
    { name: "Last used", value: row.lastUsedAt ? <Moment at={row.lastUsedAt} /> : "Never" },
    { name: "Expires", value: row.expiresAt ? <Moment at={row.expiresAt} /> : "Never" },
    ...(row.revokedAt ? [{ name: "Revoked", value: <Moment at={row.revokedAt} /> }] : []),
  ];
}
