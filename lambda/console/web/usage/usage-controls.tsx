import { Group, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { PRESETS, type Preset, type Range, rangeOf } from "./range.ts";

export interface Asked {
  readonly preset: Preset;
  /** The days chosen one by one, for the preset of that name. */
  readonly own: Range;
  readonly grain: "day" | "hour";
  readonly group_by: "model" | "key" | "none";
}

interface UsageControlsProps {
  readonly asked: Asked;
  readonly setAsked: (asked: Asked) => void;
}

export function UsageControls({ asked, setAsked }: UsageControlsProps) {
  const choose = (preset: Preset) => {
    const own = rangeOf(asked.preset, asked.own, Date.now());
    setAsked({ ...asked, preset, own, grain: preset === "today" ? "hour" : "day" });
  };
  return (
    <Group gap="sm" align="flex-end">
      <NativeSelect
        label="Time"
        data={PRESETS}
        value={asked.preset}
        onChange={(event) => choose(event.currentTarget.value as Preset)}
      />
      {asked.preset === "own" && <OwnDays own={asked.own} setOwn={(own) => setAsked({ ...asked, own })} />}
      <SegmentedControl
        aria-label="A bar is"
        value={asked.grain}
        onChange={(value) => setAsked({ ...asked, grain: value as Asked["grain"] })}
        data={[
          { value: "day", label: "By day" },
          { value: "hour", label: "By hour" },
        ]}
      />
      <SegmentedControl
        aria-label="Divided by"
        value={asked.group_by}
        onChange={(value) => setAsked({ ...asked, group_by: value as Asked["group_by"] })}
        data={[
          { value: "model", label: "Models" },
          { value: "key", label: "Keys" },
          { value: "none", label: "All" },
        ]}
      />
    </Group>
  );
}

function OwnDays({ own, setOwn }: { own: Range; setOwn: (own: Range) => void }) {
  return (
    <>
      <TextInput
        type="date"
        label="From"
        value={own.from}
        max={own.to}
        // An input that is being typed into is empty for a moment; the old day stays until there is a new one.
        onChange={(event) => event.currentTarget.value && setOwn({ ...own, from: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label="To"
        value={own.to}
        min={own.from}
        onChange={(event) => event.currentTarget.value && setOwn({ ...own, to: event.currentTarget.value })}
      />
    </>
  );
}
