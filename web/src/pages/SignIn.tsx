import { Alert, Button, PasswordInput, TextInput, Title } from "@mantine/core";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { signIn } from "@/api/session";
import classes from "./SignIn.module.css";

const route = getRouteApi("/sign-in");

/** The door: asks who you are, then leads to the page that was asked for. */
export function SignIn() {
  const { to } = route.useSearch();
  const router = useRouter();
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setRefusal("");
    try {
      await signIn(String(form.get("login")), String(form.get("password")));
      router.history.push(to ?? "/");
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : "Signing in failed.");
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className={classes["page"]}>
      <title>Sign in · Orderwright</title>
      <form className={classes["card"]} aria-label="Sign in" onSubmit={(event) => void submit(event)}>
        <div className={classes["brand"]}>
          <img src="/icon.svg" width={32} height={32} alt="" />
          <Title order={1} size="h3">
            Orderwright
          </Title>
        </div>
        {refusal ? (
          <Alert color="red" variant="outline" role="alert" title="Not signed in" c="var(--ow-error)">
            {refusal}
          </Alert>
        ) : null}
        <TextInput label="Login" name="login" autoComplete="username" required withAsterisk={false} />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
        />
        <Button type="submit" loading={busy} fullWidth>
          Sign in
        </Button>
      </form>
    </main>
  );
}
