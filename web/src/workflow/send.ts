import { useMutation } from "urql";
import {
  SendCaseEventDocument,
  SendDocumentRequestEventDocument,
  SendFulfilmentEventDocument,
  SendKycEventDocument,
  SendPayInEventDocument,
  SendPayOutEventDocument,
  SendQuotationEventDocument,
  SendSaleEventDocument,
  SendUserEventDocument,
} from "@/gen/graphql";
import { failed, type Outcome, refused } from "./outcome";

/** An event as a person sends it; the key makes a retry harmless. */
export type EventToSend = { event: string; data: Record<string, unknown>; reason: string | null; key: string };
export type SendEvent = (event: EventToSend) => Promise<Outcome>;

// By what the lifecycle is of; the mutations have one shape.
const DOCUMENTS = {
  sale: SendSaleEventDocument,
  fulfilment: SendFulfilmentEventDocument,
  quotation: SendQuotationEventDocument,
  case: SendCaseEventDocument,
  payin: SendPayInEventDocument,
  payout: SendPayOutEventDocument,
  kyc: SendKycEventDocument,
  user: SendUserEventDocument,
  documents: SendDocumentRequestEventDocument,
};

/** What takes events from people. */
export type Sendable = keyof typeof DOCUMENTS;

/** How to send an event to one lifecycle. */
export function useSendEvent(of: Sendable, id: string): SendEvent {
  const [, mutate] = useMutation(DOCUMENTS[of]);
  return async (event) => {
    const { data, error } = await mutate({ id, ...event });
    const outcome = data?.outcome;
    if (!outcome) return failed(error);
    if (outcome.__typename === "Refusal") return refused(outcome);
    return { kind: "applied", message: `Done. Now: ${outcome.workflow.label}` };
  };
}
