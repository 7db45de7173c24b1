import { Button, Text, Title } from "@mantine/core";
import { useEffect } from "react";
import { signInUrl } from "../session.tsx";
import { Blank } from "./blank.tsx";

interface Words {
  readonly title: string;
  readonly about: string;
}

/** For whoever is not signed in: for the first time, after signing out, with an invite, or after too long a while. */
export function SignInPage({ isExpired }: { isExpired: boolean }) {
  const parameters = new URLSearchParams(location.search);
  const invite = parameters.get("invite");
  const { title, about } = wordsFor(isExpired, invite !== null, parameters.has("signed_out"));
  useEffect(() => {
    document.title = `${title} · WLRouter console`;
  }, [title]);
  return (
    <Blank>
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

function wordsFor(isExpired: boolean, isInvited: boolean, hasSignedOut: boolean): Words {
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
  if (hasSignedOut) {
    return { title: "You are signed out", about: "Your keys go on working. Sign in to see what they do." };
  }
  return {
    title: "Sign in",
    about: "Keys, balance and usage of your account. Your first sign-in opens the account.",
  };
}
