import type { Lifecycle, PastMoment } from "@/workflow/lifecycle";
export default function Statechart({ lifecycle }: { lifecycle: Lifecycle; moment: PastMoment | undefined }) { return <p>{lifecycle.workflow.label}</p>; }
