import { dirname, sep } from "node:path";

/** Frames of the SDK's own constructors, which it leaves out itself (`@pulumi/pulumi`, `Resource.stackTrace`). */
const sdkFrames = 5;

const ownFolder = dirname(__dirname) + sep;

/**
 * From now until the returned function is called, Pulumi takes the line of the program for where a resource was declared,
 * and not a line of this library, of the SDK's runner or of Node: all of these would be in the state of every resource.
 *
 * The SDK also notes a source-mapped stack for each of the four promises of every property, in case one leaks: most of
 * what a program of a hundred users computes before the engine hears of the first (measured). Those are off meanwhile.
 */
export function showLinesOfProgram(): () => void {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 0; // the SDK raises it where it looks for the line
  Error.prepareStackTrace = (error, frames) => {
    const kept = frames.filter((frame, index) => index < sdkFrames || isOfProgram(frame));
    return prepareStackTrace?.(error, kept) ?? [error, ...kept].join("\n    at ");
  };
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
    // Node has none by itself, and an own property that is undefined is not the same.
    if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Error.prepareStackTrace = prepareStackTrace;
  };
}

function isOfProgram(frame: NodeJS.CallSite): boolean {
  const file = frame.getFileName();
  return (
    typeof file === "string" &&
    !file.startsWith("node:") &&
    !file.startsWith(ownFolder) &&
    !/[\\/]@pulumi[\\/]pulumi[\\/]/.test(file)
  );
}
