/** What a chart draws in one colour. */
export interface Series {
  readonly name: string;
  /** Heights, in the order of the labels. */
  readonly heights: readonly number[];
  /** What a bar says when it is pointed at: the exact figure. */
  readonly texts: readonly string[];
  /** "All others", in grey. */
  readonly isRest?: boolean;
}
