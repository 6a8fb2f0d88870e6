import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMutation } from "urql";
import { CreateQuotationDocument } from "@/gen/graphql";
import { type Draft, lineInputs } from "@/trade/draft";
import { TradeForm } from "@/trade/TradeForm";
import { failed, refused } from "@/workflow/outcome";

/** A quotation that buyer and seller then agree on. */
export function NewQuotation() {
  const navigate = useNavigate();
  const [, createQuotation] = useMutation(CreateQuotationDocument);
  async function create(draft: Draft, key: string) {
    const { customerId, channel, currency, shipping, validUntil } = draft;
    const input = {
      customerId,
      channel,
      currency,
      shipping: shipping.trim(),
      lines: lineInputs(draft),
      validUntil: validUntil ? new Date(validUntil).toISOString() : null,
    };
    const { data, error } = await createQuotation({ input, key });
    if (!data) return failed(error);
    if (data.outcome.__typename === "Refusal") return refused(data.outcome);
    await navigate({ to: "/quotations/$quotationId", params: { quotationId: data.outcome.quotation.id } });
    return undefined;
  }
  return <TradeForm title="New quotation" submitLabel="Create quotation" create={create} extra={validity} />;
}

function validity(draft: Draft, change: (part: Partial<Draft>) => void) {
  return (
    <TextInput
      label="Valid until"
      type="datetime-local"
      value={draft.validUntil}
      onChange={(event) => change({ validUntil: event.currentTarget.value })}
    />
  );
}
