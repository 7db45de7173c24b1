import { Alert, Button, Text } from "@mantine/core";
import { Component, type ReactNode } from "react";

interface CrashProps {
  readonly children: ReactNode;
}

/**
 * What stands in a page's place when it could not be loaded or drawn: after an update of the gateway a page that was
 * open before asks for files that are no more, and loading it again is all it takes. React has this as a class only.
 */
export class Crash extends Component<CrashProps, { readonly hasCrashed: boolean }> {
  override state = { hasCrashed: false };

  static getDerivedStateFromError() {
    return { hasCrashed: true };
  }

  override render() {
    if (!this.state.hasCrashed) return this.props.children;
    return (
      <Alert color="red" role="alert" title="This page could not be shown">
        <Text size="sm" mb="sm">
          The gateway may have been updated since you opened it. Load the page again; nothing is lost.
        </Text>
        <Button size="xs" variant="default" onClick={() => location.reload()}>
          Load again
        </Button>
      </Alert>
    );
  }
}
