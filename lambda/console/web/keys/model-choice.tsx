import { Checkbox, ScrollArea, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Loaded, LoadingBlock } from "../parts/states.tsx";
import { modelsQuery } from "../queries.ts";

interface ModelChoiceProps {
  /** Null: every model, also those that come later. */
  readonly chosen: readonly string[] | null;
  readonly onChange: (chosen: readonly string[] | null) => void;
  readonly error: string | undefined;
}

/** Which models a key may use. */
export function ModelChoice({ chosen, onChange, error }: ModelChoiceProps) {
  return (
    <div>
      <Text size="sm" fw={500} mb={4} id="model-choice">
        Models
      </Text>
      <SegmentedControl
        fullWidth
        aria-labelledby="model-choice"
        value={chosen === null ? "all" : "some"}
        onChange={(value) => onChange(value === "all" ? null : [])}
        data={[
          { value: "all", label: "All of them" },
          { value: "some", label: "Only some" },
        ]}
      />
      {chosen !== null && <ModelList chosen={chosen} onChange={onChange} error={error} />}
    </div>
  );
}

interface ModelListProps extends ModelChoiceProps {
  readonly chosen: readonly string[];
}

function ModelList({ chosen, onChange, error }: ModelListProps) {
  const [search, setSearch] = useState("");
  const query = useQuery(modelsQuery);
  return (
    <Stack gap="xs" mt="xs">
      <TextInput
        aria-label="Search models"
        placeholder="Search models"
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <Loaded query={query} loading={<LoadingBlock height={160} label="The models are loading" />}>
        {(models) => (
          <Checkbox.Group
            aria-label="Allowed models"
            value={[...chosen]}
            onChange={onChange}
            error={error}
            description={`${chosen.length} chosen`}
          >
            <ScrollArea.Autosize mah={160} type="auto" mt="xs" viewportProps={{ tabIndex: 0 }}>
              <Stack gap={8} p={2}>
                {models
                  .filter(({ id }) => id.toLowerCase().includes(search.trim().toLowerCase()))
                  .map(({ id }) => (
                    <Checkbox key={id} value={id} label={id} size="sm" />
                  ))}
              </Stack>
            </ScrollArea.Autosize>
          </Checkbox.Group>
        )}
      </Loaded>
    </Stack>
  );
}
