export function NewOrder() { return null; }
