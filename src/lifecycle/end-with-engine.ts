/**
 * The engine holds the other end of the provider's standard input. When the engine is killed, the
 * host does not notice by itself: the running hook would go on pushing, and the process would stay
 * for ever (measured). So the provider ends with its input, and only there: a program or test that
 * loads the hooks keeps its own standard input.
 */
export function endWithEngine(): void {
  if (!process.argv[1]?.includes("dynamic-provider")) return;
  process.stdin.on("end", () => process.exit());
  process.stdin.resume();
  const handle = process.stdin as unknown as { unref?: () => void };
  handle.unref?.();
}
