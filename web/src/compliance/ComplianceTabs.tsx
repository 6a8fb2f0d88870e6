import { Link } from "@tanstack/react-router";
import { useMay } from "@/api/permission";
import classes from "@/system/System.module.css";
import { showCurrent } from "@/ui/showCurrent";

const PARTS = [
  { to: "/pay-ins", label: "Pay-ins", permission: "payin.read" },
  { to: "/pay-outs", label: "Pay-outs", permission: "payout.read" },
  { to: "/kyc", label: "KYC sessions", permission: "kyc.read" },
  { to: "/document-requests", label: "Documents", permission: "document.read" },
  { to: "/users", label: "Users", permission: "user.read" },
] as const;

/** What policies decide on beside orders, for who may see it. */
export function ComplianceTabs() {
  return (
    <nav className={classes["parts"]} aria-label="Parts of compliance">
      {PARTS.map((part) => (
        <Part key={part.to} {...part} />
      ))}
    </nav>
  );
}

function Part({ to, label, permission }: (typeof PARTS)[number]) {
  if (useMay(permission) !== true) return null;
  return (
    <Link ref={showCurrent} to={to} className={classes["part"] ?? ""} activeOptions={{ includeSearch: false }}>
      {label}
    </Link>
  );
}
