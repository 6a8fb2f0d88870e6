import { Button } from "@mantine/core";
import classes from "./ListPage.module.css";

export type PagingProps = {
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
};

/** Keyset paging: there is a next page, or there is not; nobody counts pages. */
export function Paging({ onPrevious, onNext }: PagingProps) {
  if (!onPrevious && !onNext) return null;
  return (
    <nav className={classes["paging"]} aria-label="Pages">
      <Button variant="default" disabled={!onPrevious} onClick={onPrevious}>
        Previous
      </Button>
      <Button variant="default" disabled={!onNext} onClick={onNext}>
        Next
      </Button>
    </nav>
  );
}
