import { words } from "@/format/word";
import { Panel } from "@/templates/Panel";
import classes from "./Case.module.css";

type Props = { evidence: unknown; isOfOrder: boolean };

/** What can be done about money that a provider reports and that fits no payment. */
export function UnmatchedMoney({ evidence, isOfOrder }: Props) {
  const { provider, reference } = told(evidence);
  const name = provider ? words(provider) : "the provider";
  return (
    <Panel title="What can be done">
      <ul className={classes["advice"]}>
        {isOfOrder ? (
          <li>Compare what {name} reports with the payment on the page of the order: the payment stands as it was registered.</li>
        ) : (
          <li>
            Find the order, and register a payment there with provider {name}
            {reference ? (
              <>
                {" "}
                and reference <code>{reference}</code>
              </>
            ) : null}
            : it takes over what was reported, and this money has an order.
          </li>
        )}
        <li>If the money is not for us, give it back with {name}, which tells us of the refund.</li>
        <li>Then resolve the case, and say what was done.</li>
      </ul>
    </Panel>
  );
}

function told(evidence: unknown): { provider?: string; reference?: string } {
  if (typeof evidence !== "object" || evidence === null || !("data" in evidence)) return {};
  const data = evidence.data;
  if (typeof data !== "object" || data === null) return {};
  const text = (name: string) => {
    const value = (data as Record<string, unknown>)[name];
    return typeof value === "string" ? { [name]: value } : {};
  };
  return { ...text("provider"), ...text("reference") };
}
