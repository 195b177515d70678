/** The counts of vitest's json report, and the plain line that CI systems read. */
export function summarize(report) {
  const passed = report.numPassedTests;
  // Vitest counts what `.skip` and `.todo` leave out separately.
  const skipped = report.numPendingTests + report.numTodoTests;
  // A file that fails before its first test has no failed test in it: it counts as one.
  const broken = report.testResults.filter(
    (file) =>
      file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
  ).length;
  const failed = report.numFailedTests + broken;
  return {
    passed,
    failed,
    skipped,
    line: `${passed} passed, ${failed} failed, ${skipped} skipped`,
  };
}
