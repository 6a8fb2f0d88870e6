import { ActionIcon, Button, TextInput } from "@mantine/core";
import { CrossIcon, PlusIcon } from "@/ui/icons";
import { type DraftLine, emptyLine } from "./draft";
import { type Product, ProductPicker } from "./ProductPicker";
import classes from "./TradeForm.module.css";

type Props = {
  lines: readonly DraftLine[];
  onLines: (lines: DraftLine[]) => void;
  onProduct: (line: DraftLine, product: Product) => void;
  problems: ReadonlyMap<string, string>;
};

const AMOUNTS = [
  ["unitPrice", "Unit price"],
  ["discount", "Discount"],
  ["tax", "Tax"],
] as const;

/** The lines of an order or a quotation: product, quantity, prices. */
export function LineRows({ lines, onLines, onProduct, problems }: Props) {
  const change = (key: string, part: Partial<DraftLine>) =>
    onLines(lines.map((line) => (line.key === key ? { ...line, ...part } : line)));
  return (
    <fieldset className={classes["lines"]}>
      <legend>Lines</legend>
      {lines.map((line, n) => (
        <div key={line.key} className={classes["line"]} role="group" aria-label={`Line ${n + 1}`}>
          <ProductPicker
            label="Product"
            value={line.sku}
            onChange={(product) => onProduct(line, product)}
            error={problems.get(`${line.key}.sku`)}
          />
          <TextInput
            label="Quantity"
            inputMode="numeric"
            value={line.quantity}
            error={problems.get(`${line.key}.quantity`)}
            onChange={(event) => change(line.key, { quantity: event.currentTarget.value })}
          />
          {AMOUNTS.map(([name, label]) => (
            <TextInput
              key={name}
              label={label}
              inputMode="decimal"
              value={line[name]}
              error={problems.get(`${line.key}.${name}`)}
              onChange={(event) => change(line.key, { [name]: event.currentTarget.value })}
            />
          ))}
          <ActionIcon
            className={classes["remove"] ?? ""}
            variant="subtle"
            color="gray"
            c="inherit"
            size="lg"
            aria-label={`Remove line ${n + 1}`}
            disabled={lines.length === 1}
            onClick={() => onLines(lines.filter((other) => other.key !== line.key))}
          >
            <CrossIcon />
          </ActionIcon>
        </div>
      ))}
      <Button variant="default" leftSection={<PlusIcon />} onClick={() => onLines([...lines, emptyLine()])}>
        Add line
      </Button>
    </fieldset>
  );
}
