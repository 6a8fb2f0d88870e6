import { useMay } from "@/api/permission";
import { Holds } from "./Holds";
import { standingOf } from "./standing";

/** What policies hold an order back with, for who may see policies; nothing where nothing does. */
export function OrderHolds({ orderId, context }: { orderId: string; context: unknown }) {
  const standing = standingOf(context);
  if (useMay("policy.read") !== true || !standing) return null;
  return <Holds of={standing} entity="Order" id={orderId} />;
}
