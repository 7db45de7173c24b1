/** What differs between the generations of Command. */
export interface CommandTraits {
  /** Thinks unless told not to. */
  readonly reasons: boolean;
  /** Can be made to call a tool, and told not to: Command R7B and newer. */
  readonly takesToolChoice: boolean;
}

const BEFORE_TOOL_CHOICE = /^command(?:-light|-nightly|-r(?:-plus)?)?(?:-\d\d-\d{4})?$/;

/** By the model's name. One that says nothing is taken for a new one without thoughts. */
export function commandTraits(model: string): CommandTraits {
  return {
    reasons: /reasoning|command-a-plus/.test(model),
    takesToolChoice: !BEFORE_TOOL_CHOICE.test(model),
  };
}
