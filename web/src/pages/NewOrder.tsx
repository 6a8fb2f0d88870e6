import { useNavigate } from "@tanstack/react-router";
import { useMutation } from "urql";
import { CreateOrderDocument } from "@/gen/graphql";
import { type Draft, lineInputs } from "@/trade/draft";
import { TradeForm } from "@/trade/TradeForm";
import { failed, refused } from "@/workflow/outcome";

/** A direct order, without a quotation before it. */
export function NewOrder() {
  const navigate = useNavigate();
  const [, createOrder] = useMutation(CreateOrderDocument);
  async function create(draft: Draft, key: string) {
    const { customerId, channel, currency, shipping } = draft;
    const input = { customerId, channel, currency, shipping: shipping.trim(), lines: lineInputs(draft) };
    const { data, error } = await createOrder({ input, key });
    if (!data) return failed(error);
    if (data.outcome.__typename === "Refusal") return refused(data.outcome);
    await navigate({ to: "/orders/$orderId", params: { orderId: data.outcome.order.id } });
    return undefined;
  }
  return <TradeForm title="New order" submitLabel="Create order" create={create} />;
}
