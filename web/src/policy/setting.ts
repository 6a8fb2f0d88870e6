import { words } from "@/format/word";

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
