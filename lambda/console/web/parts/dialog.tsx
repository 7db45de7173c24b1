import { Modal, type ModalProps } from "@mantine/core";
import { useIsMutating } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** A window in front of the page, open for as long as it is there. The focus goes back to where it was. */
export function Dialog(props: Omit<ModalProps, "opened">) {
  const [opener] = useState(() => document.activeElement);
  // Closed meanwhile, it could not say what came of what was sent: a key that is shown once would never be seen.
  const isBusy = useIsMutating() > 0;
  useEffect(
    () => () => {
      // What was done may have taken the button away, with its row.
      const next = opener?.isConnected && opener !== document.body ? opener : document.getElementById("main");
      if (next instanceof HTMLElement) next.focus({ preventScroll: true });
    },
    [opener],
  );
  return <Modal opened {...props} onClose={isBusy ? () => {} : props.onClose} />;
}
