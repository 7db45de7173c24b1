import { Alert, Button, Text, Title } from "@mantine/core";
import { useEffect } from "react";
import { hasJustSignedOut, signInUrl } from "../session.tsx";
import { Blank } from "./blank.tsx";

interface Words {
  readonly title: string;
  readonly about: string;
}

/** For whoever is not signed in: for the first time, after signing out, with an invite, or after too long a while. */
export function SignInPage({ isExpired }: { isExpired: boolean }) {
  const parameters = new URLSearchParams(location.search);
  const invite = parameters.get("invite");
  const problem = parameters.get("sign_in_error");
  const { title, about } = wordsFor(isExpired, invite !== null);
  useEffect(() => {
    document.title = `${title} · WLRouter console`;
  }, [title]);
  return (
    <Blank>
      {problem !== null && (
        <Alert color="red" role="alert">
          <Text size="sm">{PROBLEMS[problem] ?? PROBLEMS["unavailable"]}</Text>
        </Alert>
      )}
      <div>
        <Title order={1}>{title}</Title>
        <Text c="dimmed" mt={6}>
          {about}
        </Text>
      </div>
      <Button component="a" href={signInUrl(invite)} size="md" fullWidth>
        {invite ? "Accept the invitation" : "Sign in"}
      </Button>
    </Blank>
  );
}

/** By the names that the API's `SignInProblem` has. */
const PROBLEMS: Readonly<Record<string, string>> = {
  sign_in_expired: "That sign-in took too long, or was answered twice. Start again.",
  sign_in_refused: "Your identity provider did not sign you in. Try again, or ask whoever runs this gateway.",
  invite_invalid:
    "This invitation does not work any more: it was used, withdrawn, or is too old. Ask for a new one.",
  already_member: "You belong to an account already, so the invitation was not used. Sign in without it.",
  unavailable: "Signing in did not work right now. Try again in a moment.",
};

function wordsFor(isExpired: boolean, isInvited: boolean): Words {
  if (isExpired) {
    return {
      title: "Your session has ended",
      about: "Sign in again and you are back where you were. Nothing you saved is lost.",
    };
  }
  if (isInvited) {
    return {
      title: "You are invited",
      about: "Somebody invites you to their account. Sign in to join it; the link works once.",
    };
  }
  if (hasJustSignedOut()) {
    return { title: "You are signed out", about: "Your keys go on working. Sign in to see what they do." };
  }
  return {
    title: "Sign in",
    about: "Keys, balance and usage of your account. Your first sign-in opens the account.",
  };
}
