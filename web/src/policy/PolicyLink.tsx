import { Link } from "@tanstack/react-router";
import { type StoppingPolicy, stoppingWords } from "./stopping";

/** The way to a policy that stops something, at the version that does. */
export function PolicyLink({ of }: { of: StoppingPolicy }) {
  return (
    <Link to="/policies/$policyId" params={{ policyId: of.policy }} search={of.version ? { version: String(of.version) } : {}}>
      By {stoppingWords(of)}
    </Link>
  );
}
