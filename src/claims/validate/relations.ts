/** How subjects relate to each other, by the server's own rules (`sublist.go`, `subject_transform.go`), which differ from Go jwt's in places. */

/** Whether the subject has a `*` or `>` token anywhere. */
export function hasWildcardToken(subject: string): boolean {
  return subject.split(".").some((token) => token === "*" || token === ">");
}

/** Whether whatever matches `inner` also matches `outer`. */
export function isSubset(inner: string, outer: string): boolean {
  const tokens = inner.split(".");
  const test = outer.split(".");
  for (const [i, wanted] of test.entries()) {
    const token = tokens[i];
    if (token === undefined) return false;
    if (wanted === ">") return true;
    if (token === ">") return false;
    if (token === "*" ? wanted !== "*" : wanted !== "*" && wanted !== token) return false;
  }
  return tokens.length === test.length;
}

/** Whether some subject matches both. */
export function collide(a: string, b: string): boolean {
  const [x, y] = [a.split("."), b.split(".")];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [s, t] = [x[i], y[i]];
    if (s === undefined || t === undefined) return false;
    if (s === ">" || t === ">") return true;
    if (s !== t && s !== "*" && t !== "*") return false;
  }
  return true;
}

/** The subject with `*` for `$1` and `{{wildcard(1)}}`. */
export function withoutReferences(subject: string): string {
  return subject
    .split(".")
    .map((token) =>
      /^\$[1-9]/.test(token) || /^\{\{\s*[wW]ildcard\s*\([^,)]+\)\s*\}\}$/.test(token)
        ? "*"
        : token,
    )
    .join(".");
}
