import { Group, Text } from "@mantine/core";

export function Brand() {
  return (
    <Group gap={10} wrap="nowrap">
      <img src="./icon.svg" width={28} height={28} alt="" />
      <Text fw={700} fz="md">
        WLRouter
      </Text>
    </Group>
  );
}
