import { Link } from "@tanstack/react-router";
import type { BelongsFragment } from "@/gen/graphql";

/** The way to the order or the quotation that something belongs to; else its technical name. */
export function Belongs({ to, otherwise }: { to: BelongsFragment | null | undefined; otherwise: string }) {
  const { orderId, quotationId, number } = to ?? {};
  if (orderId)
    return (
      <Link to="/orders/$orderId" params={{ orderId }}>
        {number}
      </Link>
    );
  if (quotationId)
    return (
      <Link to="/quotations/$quotationId" params={{ quotationId }}>
        {number}
      </Link>
    );
  return <code>{otherwise}</code>;
}
