/** Okabe and Ito's colours, which people with any kind of colour vision tell apart, tuned for white and for dark ground. */
export const PALETTE = {
  light: ["#2f5d8a", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"],
  dark: ["#6899c9", "#e6a93a", "#2fb58c", "#d592b7", "#84c8ef", "#e07b3a"],
} as const;

export const GREY = { light: "#a9b2bd", dark: "#5c6672" } as const;

/** More would not be told apart. */
export const MOST_SERIES = PALETTE.light.length;
