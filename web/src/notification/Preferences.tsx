import { Checkbox } from "@mantine/core";
import type { NotificationChannel, NotificationPreferencesQuery } from "@/gen/graphql";
import classes from "./Preferences.module.css";

type Preference = NotificationPreferencesQuery["notificationPreferences"][number];
type Props = {
  of: readonly Preference[];
  busy: boolean;
  onChoose: (preference: Preference, isWanted: boolean) => void;
};

const CHANNELS: readonly { channel: NotificationChannel; heading: string }[] = [
  { channel: "APP", heading: "Under the bell" },
  { channel: "MAIL", heading: "By mail" },
];

/** A row for each event, a column for each channel. */
export function Preferences({ of, busy, onChoose }: Props) {
  const events = [...new Map(of.map(({ event, label }) => [event, label]))];
  return (
    <table className={classes["choices"]} aria-label="What you are told">
      <thead>
        <tr>
          <th scope="col">When</th>
          {CHANNELS.map(({ channel, heading }) => (
            <th key={channel} scope="col">
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {events.map(([event, label]) => (
          <tr key={event}>
            <th scope="row">{label}</th>
            {CHANNELS.map(({ channel, heading }) => {
              const found = of.find((one) => one.event === event && one.channel === channel);
              return (
                <td key={channel}>
                  {found ? (
                    <Checkbox
                      aria-label={`${label}: ${heading.toLowerCase()}`}
                      checked={found.isWanted}
                      disabled={busy}
                      onChange={(change) => onChoose(found, change.currentTarget.checked)}
                    />
                  ) : null}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
