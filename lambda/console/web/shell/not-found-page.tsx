import { Button } from "@mantine/core";
import { Link } from "wouter";
import { Page } from "../parts/page.tsx";

export function NotFoundPage() {
  return (
    <Page title="There is nothing here" about="This address is none of the console's pages.">
      <div>
        <Button component={Link} href="/">
          Go to the start page
        </Button>
      </div>
    </Page>
  );
}
