/** Sizes and times as people write them. */

/** Bytes: a whole number (`1048576`), or text with a unit: `"512B"`, `"64KiB"`, `"1MiB"`, `"10GiB"`, `"2TiB"`, or decimal `"1MB"`, `"10GB"`. */
export type Size = number | string;

/** A span of time as text: `"90d"`, `"12h"`, `"1m30s"`, `"500ms"`. Units: `w`, `d`, `h`, `m`, `s`, `ms`. */
export type Duration = string;

/** An instant as ISO 8601 text with a zone: `"2027-01-31T00:00:00Z"`. Claims have a resolution of one second. */
export type Instant = string;
