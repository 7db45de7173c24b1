import { Text, type TextProps } from "@mantine/core";
import { moneyParts } from "../money.ts";

interface MoneyProps extends TextProps {
  /** USD, an exact decimal. */
  readonly amount: string;
}

/** The exact amount, with what is below a cent in the background where there is a cent in front of it. */
export function Money({ amount, ...text }: MoneyProps) {
  const { sign, main, rest } = moneyParts(amount);
  const small = main === "$0.00";
  return (
    <Text component="span" inherit className="figures" {...text}>
      {sign}
      {main}
      {rest && <span className={small ? undefined : "below-cents"}>{rest}</span>}
    </Text>
  );
}
