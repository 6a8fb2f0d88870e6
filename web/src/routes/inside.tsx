import { createRootRoute, createRoute, type ErrorComponentProps, Outlet, redirect, useRouter } from "@tanstack/react-router";
import { currentPerson } from "@/api/session";
import { Shell } from "@/shell/Shell";
import { Failure } from "@/ui/Said";

export const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Broken });

/** Everything behind the sign-in; the address asked for is kept. */
export const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    if (await currentPerson()) return;
    throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
  },
});

function NotFound() {
  return (
    <main>
      <Failure page title="This page does not exist">
        The address may be old or mistyped. <a href="/">Go to the start page</a>
      </Failure>
    </main>
  );
}

function Broken({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <main>
      <Failure page title="This page could not be shown" again={() => void router.invalidate()}>
        {error instanceof Error ? error.message : "The reason is not known."}
      </Failure>
    </main>
  );
}
