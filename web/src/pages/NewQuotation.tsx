export function NewQuotation() { return null; }
