import { Link } from "@tanstack/react-router";
import { pieces } from "./pieces";

/** How many pieces of a SKU are waited for; it leads to the fulfilments that wait. */
export function WaitedFor({ sku, short }: { sku: string; short: number }) {
  if (short === 0) return pieces(short);
  return (
    <Link to="/fulfilments" search={{ sku }} aria-label={`${pieces(short)} waited for, show who waits`}>
      {pieces(short)}
    </Link>
  );
}
