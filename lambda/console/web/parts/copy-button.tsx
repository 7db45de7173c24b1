import { ActionIcon, Button, CopyButton as Copying } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

interface CopyProps {
  readonly text: string;
  /** What is copied: "key", "curl". */
  readonly what: string;
}

/** Copies, and says that it has. */
export function CopyButton({ text, what }: CopyProps) {
  return (
    <Copying value={text} timeout={2_000}>
      {({ copied, copy }) => (
        <Button
          size="xs"
          w={96}
          variant="default"
          onClick={copy}
          aria-label={copied ? `${what} copied` : `Copy ${what}`}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
      )}
    </Copying>
  );
}

export function CopyIcon({ text, what }: CopyProps) {
  return (
    <Copying value={text} timeout={2_000}>
      {({ copied, copy }) => (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          onClick={copy}
          aria-label={copied ? `${what} copied` : `Copy ${what}`}
        >
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      )}
    </Copying>
  );
}
