/** What is said of the secret of a webhook where it is shown. */
export const WEBHOOK_SECRET = {
  what: "The secret of this webhook",
  use: "The receiver needs it to check signatures.",
};
