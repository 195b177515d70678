/** One thing that is wrong, or looks wrong, at one place of the input. */
export interface Issue {
  /** Property path such as `exports[2].stream`; empty for the whole. */
  path: string;
  /** What is wrong and what to do, lower-case, never with a secret. */
  message: string;
  /** An error blocks; a warning is shown. */
  severity: "error" | "warning";
}
