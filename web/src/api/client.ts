import { cacheExchange, Client, type CombinedError, fetchExchange, mapExchange, subscriptionExchange } from "urql";
import { live } from "./connection";
import { forgetPerson } from "./session";

const LOGIN_REQUIRED = "access.login_required";

/** A GraphQL client with an empty cache: one for each person who signs in. */
export function newClient(): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    fetchOptions: { headers: { accept: "application/json" } },
    exchanges: [
      mapExchange({ onError: (error) => void (isLoginRequired(error) && forgetPerson()) }),
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: live.subscribe({ query: request.query ?? "", variables: request.variables ?? {} }, sink),
          }),
        }),
      }),
    ],
  });
}

/** What a person should read of a failed request. */
export function errorText(error: CombinedError): string {
  if (error.networkError) return noAnswer(error.response);
  return error.graphQLErrors.map((one) => one.message).join(" ") || "Something went wrong.";
}

/** It answers with a status where it can be reached, yet has nothing to say in GraphQL: it is too busy, or broken. */
function noAnswer(response: Response | undefined): string {
  if (!response || response.ok) return "The server cannot be reached. Check the connection and try again.";
  return `The server answered ${response.status}. Try again in a moment.`;
}

function isLoginRequired(error: CombinedError): boolean {
  return error.graphQLErrors.some((one) => one.extensions["code"] === LOGIN_REQUIRED);
}
