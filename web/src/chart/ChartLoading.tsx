import classes from "./ChartLoading.module.css";

/** The place of a chart while it is fetched and laid out. */
export function ChartLoading() {
  return (
    <div className={classes["loading"]} role="status">
      Drawing the chart
    </div>
  );
}
