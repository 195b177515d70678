import { redact } from "../keys/index";

/** Shows a line to the person who runs Pulumi; what a hook prints appears under the stack. */
export function say(line: string): void {
  console.log(redact(line));
}

/** Shows a line that asks for attention. */
export function warn(line: string): void {
  console.warn(redact(`warning: ${line}`));
}
