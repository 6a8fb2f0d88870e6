import { words } from "@/format/word";
import { CrossIcon } from "@/ui/icons";
import { toneOf } from "@/ui/tone";
import { type Facet } from "./column";
import classes from "./ListPage.module.css";

type Props = {
  facets: readonly Facet[];
  chosen: readonly string[];
  onToggle: (state: string) => void;
  onClear: () => void;
};

/** The states to filter for: press one to add it, press it again to remove it. */
export function FacetChips({ facets, chosen, onToggle, onClear }: Props) {
  const known = new Set(facets.map((facet) => facet.state));
  const gone = chosen
    .filter((state) => !known.has(state))
    .map((state): Facet => ({ state, label: words(state), tone: "neutral", count: 0 }));
  return (
    <ul className={classes["facets"]} aria-label="Filter by state">
      {[...facets, ...gone].map((facet) => (
        <li key={facet.state}>
          <FacetChip facet={facet} chosen={chosen.includes(facet.state)} onToggle={onToggle} />
        </li>
      ))}
      {chosen.length > 0 ? (
        <li>
          <button type="button" className={classes["clear"]} onClick={onClear}>
            Clear filters
          </button>
        </li>
      ) : null}
    </ul>
  );
}

type ChipProps = { facet: Facet; chosen: boolean; onToggle: (state: string) => void };

function FacetChip({ facet, chosen, onToggle }: ChipProps) {
  return (
    <button
      type="button"
      className={classes["facet"]}
      data-tone={toneOf(facet.tone)}
      aria-pressed={chosen}
      onClick={() => onToggle(facet.state)}
    >
      {facet.label}
      {facet.count === undefined ? null : (
        <span className={classes["number"]}>{facet.count.toLocaleString("en")}</span>
      )}
      {chosen ? <CrossIcon /> : null}
    </button>
  );
}
