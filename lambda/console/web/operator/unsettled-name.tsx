import { Anchor, Text } from "@mantine/core";
import { Link } from "wouter";
import type { UnsettledView } from "../../operator-views.ts";

/** A request of some account. */
export function UnsettledName({ entry }: { entry: UnsettledView }) {
  return (
    <div>
      <Text size="sm" className="mono breaks">
        {entry.request_id}
      </Text>
      <Anchor component={Link} href={`/operator/accounts/${entry.account_id}`} size="xs" className="breaks">
        {entry.account_id}
      </Anchor>
    </div>
  );
}
