import { words } from "@/format/word";

/** One key of an action's config. */
export type Setting = { key: string; form: "text" | "template" | "duration" | "boolean" | "integer" | "choice" | "texts" | "recipient"; needed?: boolean; choices?: readonly string[]; hint?: string };

const SPAN = "A span, such as 30m, 24h or 7d";
const FACTS = "May name facts as {{userId}}";
const reason: Setting = { key: "reason", form: "template", needed: true, hint: FACTS };
const sla: Setting = { key: "sla", form: "duration", hint: SPAN };

/** The eight actions with what each is told; the server judges it. */
export const ACTIONS: Readonly<Record<string, readonly Setting[]>> = {
  FREEZE_ORDER: [reason, { key: "release_after", form: "duration", hint: SPAN }],
  REJECT_TRANSACTION: [{ key: "category", form: "text", needed: true }, reason, { key: "final", form: "boolean" }],
  REQUEST_DOCUMENT: [
    { key: "types", form: "texts", needed: true, hint: "Kinds of documents, with commas between" },
    { key: "due_days", form: "integer", needed: true },
    { key: "reminders", form: "integer" },
    { key: "message", form: "template", hint: FACTS },
  ],
  REQUIRE_APPROVAL: [
    { key: "role", form: "text", needed: true, hint: "Who decides, such as COMPLIANCE" },
    { key: "minimum", form: "integer", hint: "How many must agree" },
    { key: "deadline", form: "duration", hint: SPAN },
    { key: "on_deny", form: "choice", choices: ["reject", "freeze"] },
    { key: "on_timeout", form: "choice", choices: ["deny", "escalate"] },
  ],
  SEND_NOTIFICATION: [
    { key: "to", form: "recipient", needed: true },
    { key: "template", form: "template", needed: true, hint: FACTS },
    { key: "channels", form: "texts", choices: ["APP", "MAIL"] },
  ],
  FLAG_FOR_REVIEW: [
    { key: "type", form: "text", needed: true },
    { key: "priority", form: "choice", choices: ["LOW", "NORMAL", "HIGH", "URGENT"] },
    { key: "role", form: "text" },
    sla,
  ],
  AUTO_APPROVE: [reason],
  ESCALATE_TO_COMPLIANCE: [reason, sla],
};

/** What people call an action. */
export function actionLabel(action: string): string {
  return words(action);
}

/** The tone of an action: what stands in the way of its entity, what helps it on, what only tells. */
export function actionTone(action: string): string {
  if (action === "AUTO_APPROVE") return "good";
  if (action === "SEND_NOTIFICATION") return "active";
  return action === "REJECT_TRANSACTION" || action === "FREEZE_ORDER" ? "bad" : "warning";
}

/** A config with one key changed; what is empty is left out. */
export function withSetting(config: Readonly<Record<string, unknown>>, key: string, value: unknown): Record<string, unknown> {
  const { [key]: _old, ...rest } = config;
  const isEmpty = value === "" || value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);
  return isEmpty ? rest : { ...rest, [key]: value };
}
