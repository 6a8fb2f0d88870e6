import { Select, Title } from "@mantine/core";
import { useState } from "react";
import { type CombinedError, useMutation, useQuery } from "urql";
import { errorText } from "@/api/client";
import {
  type NotificationPreferencesQuery,
  NotificationPreferencesDocument,
  type RefusalTextFragment,
  SetNotificationLanguageDocument,
  SetNotificationPreferenceDocument,
} from "@/gen/graphql";
import { Preferences } from "@/notification/Preferences";
import { Panel } from "@/templates/Panel";
import { Failure } from "@/ui/Said";
import { failed, type Outcome, refused } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "@/notification/Preferences.module.css";

type Answer = { data?: { outcome: { __typename: string } } | undefined; error?: CombinedError | undefined };
type Known = NotificationPreferencesQuery;

/** What the signed-in person is told, by which channel and in which language; each choice holds at once. */
export function Notifications() {
  const [{ data, error }, refetch] = useQuery({ query: NotificationPreferencesDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  return (
    <div className={classes["page"]}>
      <title>Notification preferences · Orderwright</title>
      <Title order={1} size="h3">
        Notification preferences
      </Title>
      {error && !data ? (
        <Failure title="The preferences could not be loaded" again={again}>
          {errorText(error)}
        </Failure>
      ) : null}
      {data ? <Choices of={data} again={again} /> : error ? null : <p role="status">Loading the preferences</p>}
    </div>
  );
}

function Choices({ of, again }: { of: Known; again: () => void }) {
  const [{ fetching: isChoosing }, choose] = useMutation(SetNotificationPreferenceDocument);
  const [{ fetching: isSpeaking }, speak] = useMutation(SetNotificationLanguageDocument);
  const [outcome, setOutcome] = useState<Outcome>();
  function told(answer: Answer) {
    setOutcome(outcomeOf(answer));
    again();
  }
  const { language, languages } = of.notificationLanguage;
  return (
    <>
      <Panel title="What you are told" padded>
        <Preferences
          of={of.notificationPreferences}
          busy={isChoosing}
          onChoose={({ event, channel }, isWanted) => void choose({ event, channel, isWanted }).then(told)}
        />
      </Panel>
      <Panel title="Language" padded>
        <Select
          label="Language of notifications"
          className={classes["language"] ?? ""}
          allowDeselect={false}
          disabled={isSpeaking}
          data={languages.map((value) => ({ value, label: nameOf(value) }))}
          value={language}
          onChange={(chosen) => chosen && void speak({ language: chosen }).then(told)}
        />
      </Panel>
      <OutcomeNotice outcome={outcome} />
    </>
  );
}

function outcomeOf({ data, error }: Answer): Outcome {
  if (!data) return failed(error);
  if (data.outcome.__typename === "Refusal") return refused(data.outcome as RefusalTextFragment & { __typename: "Refusal" });
  return { kind: "applied", message: "Saved" };
}

function nameOf(language: string): string {
  return new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? language;
}
