import { Link } from "@tanstack/react-router";

type Props = { type: string; id: string; label?: string };

/** The way to what a policy decided on; a name alone where it lives elsewhere. */
export function EntityLink({ type, id, label }: Props) {
  const text = label ?? `${type} ${shortId(id)}`;
  switch (type) {
    case "Order":
    case "sale":
      return (
        <Link to="/orders/$orderId" params={{ orderId: id }} title={id}>
          {text}
        </Link>
      );
    case "PayIn":
    case "payin":
      return (
        <Link to="/pay-ins/$payInId" params={{ payInId: id }} title={id}>
          {text}
        </Link>
      );
    case "PayOut":
    case "payout":
      return (
        <Link to="/pay-outs/$payOutId" params={{ payOutId: id }} title={id}>
          {text}
        </Link>
      );
    case "KYC":
    case "kyc":
      return (
        <Link to="/kyc/$sessionId" params={{ sessionId: id }} title={id}>
          {text}
        </Link>
      );
    case "User":
    case "user":
      return (
        <Link to="/users/$userId" params={{ userId: id }} title={id}>
          {text}
        </Link>
      );
    default:
      return <span title={id}>{text}</span>;
  }
}

/** Enough of an id to tell it from others. */
function shortId(id: string): string {
  return id.length > 13 ? `…${id.slice(-8)}` : id;
}
