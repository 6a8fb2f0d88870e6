export function Quotation() { return null; }
