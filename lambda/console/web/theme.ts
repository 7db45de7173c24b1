import {
  Alert,
  Badge,
  Button,
  Card,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
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

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 6 },
  colors: { ink },
  defaultRadius: "md",
  respectReducedMotion: true,
  cursorType: "pointer",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.5rem", lineHeight: "1.3" }, h2: { fontSize: "1.0625rem", lineHeight: "1.4" } },
  },
  components: {
    Alert: Alert.extend({ defaultProps: { variant: "light", radius: "md" } }),
    Badge: Badge.extend({ defaultProps: { variant: "light", tt: "none", fw: 600, radius: "sm" } }),
    Button: Button.extend({ defaultProps: { fw: 550 } }),
    Card: Card.extend({ defaultProps: { withBorder: true, padding: "lg" } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
        overlayProps: { backgroundOpacity: 0.45, blur: 2 },
        transitionProps: { duration: 120 },
      },
    }),
    Table: Table.extend({ defaultProps: { verticalSpacing: "sm", horizontalSpacing: "md" } }),
  },
});

/** Where Mantine's own greys are too faint to be read by everybody. */
export const cssVariables: CSSVariablesResolver = (mantine) => ({
  variables: { "--chart-grid": "light-dark(#e6e9ee, #34383e)" },
  light: {
    "--mantine-color-body": "#f7f8fa",
    "--mantine-color-text": "#1c2530",
    "--mantine-color-dimmed": "#56616f",
    "--mantine-color-placeholder": "#66707d",
    "--mantine-color-error": mantine.colors.red[9],
    "--mantine-color-anchor": mantine.colors["ink"]?.[7] ?? "",
    "--surface": "#ffffff",
    "--surface-sunken": "#f1f3f6",
    "--line": "#e1e5ea",
  },
  dark: {
    "--mantine-color-body": "#14171b",
    "--mantine-color-text": "#e4e8ed",
    "--mantine-color-dimmed": "#a3adb9",
    "--mantine-color-placeholder": "#98a2ae",
    "--mantine-color-error": mantine.colors.red[4],
    "--mantine-color-anchor": mantine.colors["ink"]?.[3] ?? "",
    "--surface": "#1b1f24",
    "--surface-sunken": "#22272d",
    "--line": "#2f353c",
  },
});
