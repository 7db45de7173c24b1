import {
  Alert,
  Badge,
  Button,
  Card,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  type MantineTheme,
  Modal,
  Table,
} from "@mantine/core";

/** The one colour of ours; every shade that carries text has a contrast of 4.5 to what it stands on. */
const ink: MantineColorsTuple = [
  "#eef4fa",
  "#dbe7f2",
  "#b5cde4",
  "#8bb1d6",
  "#6899c9",
  "#4c86bb",
  "#3a73a8",
  "#2f5d8a",
  "#264c72",
  "#1b3855",
];

/** Bluer than the library's, as the rest is. */
const dark: MantineColorsTuple = [
  "#e4e8ed",
  "#c6cdd6",
  "#a7b1bd",
  "#7f8a97",
  "#39414a",
  "#2b3138",
  "#1c2127",
  "#14171b",
  "#101317",
  "#0b0e11",
];

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 6 },
  colors: { ink, dark },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: {
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.3" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.4" },
    },
  },
  components: {
    Alert: Alert.extend({ defaultProps: { variant: "light", radius: "md" } }),
    Badge: Badge.extend({
      defaultProps: { variant: "light", tt: "none", fw: 600, radius: "sm", miw: "max-content" },
    }),
    Button: Button.extend({ defaultProps: { fw: 500 } }),
    Card: Card.extend({ defaultProps: { withBorder: true, padding: "lg" } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.45 },
        transitionProps: { duration: 120 },
      },
    }),
    Table: Table.extend({ defaultProps: { verticalSpacing: "sm", horizontalSpacing: "md" } }),
  },
});

/** The colours of badges and messages. */
const SIGNALS = ["green", "red", "yellow", "orange", "gray", "ink"];

function signalText(mantine: MantineTheme, shade: number): Record<string, string> {
  return Object.fromEntries(
    SIGNALS.map((color) => [`--mantine-color-${color}-light-color`, mantine.colors[color]?.[shade] ?? ""]),
  );
}

/** A button's words are white on it. */
function redGround({ colors }: MantineTheme): Record<string, string> {
  return {
    "--mantine-color-red-filled": colors.red[9],
    "--mantine-color-red-filled-hover": "#b02525",
  };
}

/** Where Mantine's own greys and tints are too faint to be read by everybody. */
export const cssVariables: CSSVariablesResolver = (mantine) => ({
  variables: {},
  light: {
    ...signalText(mantine, 9),
    ...redGround(mantine),
    "--mantine-color-green-light-color": "#1e6b2d",
    "--mantine-color-yellow-light-color": "#7a4b00",
    "--mantine-color-orange-light-color": "#8f3400",
    "--mantine-color-body": "#f7f8fa",
    "--mantine-color-text": "#1c2530",
    "--mantine-color-dimmed": "#56616f",
    "--mantine-color-placeholder": "#66707d",
    "--mantine-color-error": mantine.colors.red[9],
    "--mantine-color-anchor": mantine.colors["ink"]?.[7] ?? "",
    "--good": "#2b8a3e",
    "--good-ground": "#ebfbee",
    "--surface": "#ffffff",
    "--surface-sunken": "#f1f3f6",
    "--line": "#e1e5ea",
  },
  dark: {
    ...signalText(mantine, 2),
    ...redGround(mantine),
    "--mantine-color-placeholder": "#98a2ae",
    "--mantine-color-error": mantine.colors.red[4],
    "--mantine-color-anchor": mantine.colors["ink"]?.[3] ?? "",
    "--mantine-color-ink-light": "#223548",
    "--mantine-color-ink-light-hover": "#2a4057",
    "--good": "#51cf66",
    "--good-ground": "#14261a",
    "--surface": "#1c2127",
    "--surface-sunken": "#252b32",
    "--line": "#39414a",
  },
});
