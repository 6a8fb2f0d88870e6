import { words } from "@/format/word";
import type { OverrideEvidenceFragment } from "@/gen/graphql";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import classes from "./Override.module.css";

/** Who has voted so far and how, and who may. */
export function Votes({ request }: { request: Pick<OverrideEvidenceFragment, "votes" | "quorum"> }) {
  const { votes, quorum } = request;
  return (
    <>
      <p className={classes["dim"]}>
        {quorum.approved} of {quorum.approvers} votes in favour. Each by {quorum.roles.map(words).join(" or ")}
        {quorum.including.length > 0 ? `, one of them by ${quorum.including.map(words).join(" or ")}` : ""}; not by who has asked.
      </p>
      <ul className={classes["votes"]}>
        {votes.map((vote) => (
          <li key={vote.by.id}>
            <Chip label={vote.decision === "APPROVE" ? "For" : "Against"} tone={vote.decision === "APPROVE" ? "good" : "bad"} />
            <strong>{vote.by.name}</strong>
            {vote.amount ? <Amount money={vote.amount} /> : null}
            <span>“{vote.reason}”</span>
            <Moment at={vote.at} />
          </li>
        ))}
      </ul>
    </>
  );
}
