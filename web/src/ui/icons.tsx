import type { ReactNode } from "react";

export const WorkIcon = () => draw(<path d="M4 5h16M4 12h16M4 19h10" />);
export const OrdersIcon = () => draw(<path d="M5 4h14v16l-3-2-2 2-2-2-2 2-2-2-3 2zM9 9h6M9 13h6" />);
export const QuotationsIcon = () => draw(<path d="M14 3H6v18h12V7zM14 3v4h4M9 12h6M9 16h4" />);
export const CasesIcon = () => draw(<path d="M4 8h16v11H4zM9 8V5h6v3M4 13h16" />);
export const ApprovalsIcon = () => draw(<path d="M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4" />);
export const CustomersIcon = () =>
  draw(<path d="M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM3 20a6 6 0 0 1 12 0M16 5.5a3.5 3.5 0 0 1 0 6.4M17.5 14.5A6 6 0 0 1 21 20" />);
export const PaymentsIcon = () => draw(<path d="M3 6h18v12H3zM3 10h18M7 15h4" />);
export const FulfilmentIcon = () => draw(<path d="M2 6h12v11H2zM14 10h4l4 4v3h-8zM6 17v2h3v-2M16 17v2h3v-2" />);
export const ReturnsIcon = () => draw(<path d="M8 4 4 8l4 4M4 8h10a6 6 0 0 1 0 12H8" />);
export const StockIcon = () => draw(<path d="M3 9l9-5 9 5v11H3zM7 20v-8h10v8M7 16h10" />);
export const ComplianceIcon = () => draw(<path d="M12 4v16M7 20h10M5 8h14M5 8l-3 6h6zM19 8l-3 6h6z" />);
export const PoliciesIcon = () => draw(<path d="M6 3v6M6 15v6M3 9h6v6H3zM9 12h6M15 5h6v5h-6zM15 14h6v5h-6zM12 12V7.5h3M12 12v4.5h3" />);
export const SystemIcon = () => draw(<path d="M3 12h4l3-8 4 16 3-8h4" />);
export const BellIcon = () => draw(<path d="M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4" />);
export const SearchIcon = () => draw(<path d="M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20" />);
export const SunIcon = () =>
  draw(
    <path d="M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4" />,
  );
export const MoonIcon = () => draw(<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z" />);
export const AutoIcon = () => draw(<path d="M3 5h18v11H3zM8 20h8M12 16v4" />);
export const CrossIcon = () => draw(<path d="m6 6 12 12M18 6 6 18" />);
export const PlusIcon = () => draw(<path d="M12 5v14M5 12h14" />);
export const ChevronIcon = () => draw(<path d="m9 6 6 6-6 6" />);
export const ArrowIcon = () => draw(<path d="M5 12h14M13 6l6 6-6 6" />);

function draw(shape: ReactNode) {
  return (
    <svg
      width="1.25em"
      height="1.25em"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shape}
    </svg>
  );
}
