// One line when something long starts, a sign of life while it lasts, one line when it is done.
// On stderr: stdout belongs to what the person asked for.

const EVERY_MS = 15_000;

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs `work(note)`; `note` sets a detail that the next sign of life shows ("43 of 120 MB"). */
export async function step(label, work) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  let detail = "";
  say(`  ${label} ...`);
  const timer = setInterval(() => say(`  ${label} ... ${seconds()} s${detail}`), EVERY_MS);
  try {
    const result = await work((text) => {
      detail = `, ${text}`;
    });
    say(`  ${label}: done in ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
