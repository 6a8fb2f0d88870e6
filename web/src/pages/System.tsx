import { Title } from "@mantine/core";
import { Link, Outlet } from "@tanstack/react-router";
import { useMay } from "@/api/permission";
import { useOpenIncidents } from "@/system/useOpenIncidents";
import { Empty } from "@/ui/Said";
import { showCurrent } from "@/ui/showCurrent";
import classes from "@/system/System.module.css";

const PARTS = [
  { to: "/system/incidents", label: "Incidents", permission: "incident.read" },
  { to: "/system/dead-letters", label: "Dead letters", permission: "deadletter.read" },
  { to: "/system/events", label: "Events", permission: "outbox.read" },
  { to: "/system/webhooks", label: "Webhooks", permission: "webhook.manage" },
  { to: "/system/tokens", label: "API tokens", permission: "token.manage" },
  { to: "/system/settings", label: "Settings", permission: "setting.read" },
] as const;

/** What keeps the house running, part by part, for who looks after it. */
export function System() {
  const may = useMay("incident.read");
  const open = useOpenIncidents();
  if (may === false)
    return (
      <Empty page title="This page is not for your roles">
        <Link to="/work">Go to your work</Link>
      </Empty>
    );
  return (
    <div className={classes["page"]}>
      <title>System · Orderwright</title>
      <Title order={1} size="h3">
        System
      </Title>
      <nav className={classes["parts"]} aria-label="System">
        {PARTS.map((part) => (
          <Part key={part.to} {...part} count={part.to === "/system/incidents" ? open : undefined} />
        ))}
      </nav>
      <Outlet />
    </div>
  );
}

type PartProps = (typeof PARTS)[number] & { count: number | undefined };

function Part({ to, label, permission, count }: PartProps) {
  if (useMay(permission) !== true) return null;
  return (
    <Link ref={showCurrent} to={to} className={classes["part"] ?? ""}>
      {label} {count ? <span className={classes["count"]}>{count.toLocaleString("en")}</span> : null}
    </Link>
  );
}
