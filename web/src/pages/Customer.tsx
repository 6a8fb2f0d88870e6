import { SegmentedControl } from "@mantine/core";
import { getRouteApi, Link, useLocation } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { ExposureLedger } from "@/credit/ExposureLedger";
import { LookAgain } from "@/credit/LookAgain";
import { ProfileForm } from "@/credit/ProfileForm";
import { Utilisation } from "@/credit/Utilisation";
import { words } from "@/format/word";
import { CustomerCreditDocument, type CustomerCreditQuery, type CreditRowFragment } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { DetailLoading, DetailPage } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Empty, Failure } from "@/ui/Said";

const route = getRouteApi("/inside/customers/$customerId");

/** One customer: what they may owe and owe, in one currency at a time. */
export function Customer() {
  const { customerId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: CustomerCreditDocument, variables: { id: customerId } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  if (error && !data)
    return (
      <Failure page title="The customer could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="customer" />;
  if (!data?.customer || !data.creditSnapshot?.length)
    return (
      <Empty page title="There is no such customer">
        <Link to="/customers">Go to the list of customers</Link>
      </Empty>
    );
  return <Known key={customerId} customer={data.customer} credits={data.creditSnapshot} />;
}

type KnownProps = { customer: NonNullable<CustomerCreditQuery["customer"]>; credits: readonly CreditRowFragment[] };

function Known({ customer, credits }: KnownProps) {
  const { currency, after } = route.useSearch();
  const navigate = route.useNavigate();
  const trail = useLocation({ select: (location) => location.state.trail }) ?? [];
  const maySet = useMay("credit.set");
  const credit = credits.find((one) => one.currency === currency) ?? credits[0];
  if (!credit) return null;
  const own = { currency: credit.currency };
  const go = (to: string | undefined, next: string[]) =>
    void navigate({ search: to ? { ...own, after: to } : own, state: { trail: next }, resetScroll: false });
  return (
    <DetailPage
      kind="Customer"
      number={customer.number}
      chip={{ label: words(credit.tier), tone: "neutral", description: "The tier of the customer's credit" }}
      figures={figuresOf(customer.name, credit)}
      nextStep={<Currencies credits={credits} shown={credit.currency} onShow={(one) => void navigate({ search: { currency: one } })} />}
      phases={<Utilisation credit={credit} />}
      picture={
        <Panel title="Exposure ledger">
          <ExposureLedger
            key={credit.currency}
            customerId={customer.id}
            currency={credit.currency}
            after={after}
            onPrevious={after ? () => go(trail.at(-1), trail.slice(0, -1)) : undefined}
            onNext={(cursor) => go(cursor, [...trail, after ?? ""])}
          />
        </Panel>
      }
      side={
        maySet ? (
          <>
            <Panel title="Profile" padded>
              <ProfileForm key={credit.currency} customerId={customer.id} credit={credit} />
            </Panel>
            <LookAgain customerId={customer.id} />
          </>
        ) : null
      }
      story={null}
    />
  );
}

function figuresOf(name: string, credit: CreditRowFragment) {
  return [
    { label: "Name", value: name },
    { label: "Limit", value: <Amount money={credit.limit} /> },
    { label: "Owed", value: <Amount money={credit.exposure} /> },
    { label: "Available", value: <Amount money={credit.available} /> },
    { label: "Earned limit", value: <Amount money={credit.earnedLimit} dim /> },
    { label: "Tier allows", value: <Amount money={credit.tierCap} dim /> },
    { label: "Completed sales", value: <Amount money={credit.completedSales} dim /> },
  ];
}

type CurrenciesProps = { credits: readonly CreditRowFragment[]; shown: string; onShow: (currency: string) => void };

function Currencies({ credits, shown, onShow }: CurrenciesProps) {
  if (credits.length < 2) return null;
  return (
    <SegmentedControl
      aria-label="Currency"
      size="sm"
      value={shown}
      onChange={onShow}
      data={credits.map(({ currency }) => currency)}
    />
  );
}
