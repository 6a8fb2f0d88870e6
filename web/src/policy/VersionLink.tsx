import { Link } from "@tanstack/react-router";

/** The way to a version of a policy. */
export function VersionLink({ policyId, version }: { policyId: string; version: number }) {
  return (
    <Link to="/policies/$policyId" params={{ policyId }} search={{ version: String(version) }} resetScroll={false}>
      Version {version}
    </Link>
  );
}
