import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { isMoneyValue, type Value } from "./document";
import { numberOf, numberText } from "./number";
import { itemText, readItem } from "./valueText";

type Props = { type: string | undefined; currency: string; label: string; value: Value; onValue: (value: Value) => void };

/** One value of a type: an amount with its currency, a number as it was typed, yes or no, a text. */
export function TypedInput({ type, currency, label, value, onValue }: Props) {
  if (type === "boolean")
    return (
      <NativeSelect
        size="xs"
        aria-label={label}
        data={[
          { value: "true", label: "yes" },
          { value: "false", label: "no" },
        ]}
        value={String(value)}
        onChange={(event) => onValue(event.currentTarget.value === "true")}
      />
    );
  if (type === "money") {
    const money = isMoneyValue(value) ? value : { money: "", currency };
    return (
      <>
        <TextInput size="xs" w={110} inputMode="decimal" aria-label={label} placeholder="0.00" value={money.money} onChange={(event) => onValue({ ...money, money: event.currentTarget.value.trim() })} />
        <TextInput size="xs" w={58} maxLength={3} aria-label={`Currency: ${label}`} value={money.currency} onChange={(event) => onValue({ ...money, currency: event.currentTarget.value.toUpperCase() })} />
      </>
    );
  }
  if (type === undefined) return <AnyInput label={label} value={value} onValue={onValue} />;
  if (type === "number")
    return <TextInput size="xs" w={110} inputMode="decimal" aria-label={label} value={numberText(value)} onChange={(event) => onValue(numberOf(event.currentTarget.value))} />;
  return <TextInput size="xs" aria-label={label} value={typeof value === "string" ? value : ""} onChange={(event) => onValue(event.currentTarget.value)} />;
}

/** A value of any type, told by how it is written: 5, yes, 100.00 EUR, a text. */
function AnyInput({ label, value, onValue }: Pick<Props, "label" | "value" | "onValue">) {
  const [typed, setTyped] = useState(itemText(value));
  return (
    <TextInput
      size="xs"
      aria-label={label}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        onValue(readItem(event.currentTarget.value, undefined) ?? "");
      }}
    />
  );
}
