/**
 * What a preview can say about exports and imports between accounts of one program. Their classes send hints about each
 * other along with the inputs (`resources/exchange.ts`); they serve the check alone and are no inputs.
 */
import {
  type AccountClaims,
  type Import,
  type Issue,
  importCycles,
  importProblems,
  type ScopedKey,
} from "../claims/index";
import type { Properties } from "./hooks";
import { hasUnknown } from "./unknown";

interface ExporterHint {
  name: string;
  exports: AccountClaims["exports"];
  signingKeys?: (string | ScopedKey)[];
}

interface ExchangeHint {
  /** Earlier accounts that import from this one. */
  importers: { name: string; publicKey: string; imports: Import[] }[];
  /** Accounts that import from each other in a circle, this one first; their imports name exporters by position. */
  circle?: (Pick<AccountClaims, "exports" | "imports"> & { name: string })[];
}

/** The inputs without hints. */
export function withoutHints({ exchange: _exchange, ...inputs }: Properties): Properties {
  if (!Array.isArray(inputs["imports"])) return inputs;
  const imports = (inputs["imports"] as Properties[]).map(
    ({ exporter: _exporter, ...rest }) => rest,
  );
  return { ...inputs, imports };
}

/** Why an import between accounts of the program would not work, although each account by itself is fine. */
export function exchangeIssues(inputs: Properties): Issue[] {
  return [...ownImportIssues(inputs), ...importerIssues(inputs), ...circleIssues(inputs)];
}

function ownImportIssues(inputs: Properties): Issue[] {
  if (!Array.isArray(inputs["imports"])) return [];
  return (inputs["imports"] as Properties[]).flatMap(({ exporter, ...entry }, index) =>
    exporter === undefined
      ? []
      : problemsOf(
          entry as unknown as Import,
          { ...(exporter as ExporterHint), publicKey: entry["account"] },
          inputs["publicKey"],
        ).map((issue) => ({ ...issue, path: `imports[${index}].${issue.path}` })),
  );
}

function importerIssues(inputs: Properties): Issue[] {
  const { importers = [] } = (inputs["exchange"] ?? {}) as Partial<ExchangeHint>;
  const { name, publicKey, exports, signingKeys } = inputs;
  const exporter = { name, publicKey, exports, signingKeys } as ExporterHint & Properties;
  return importers.flatMap((importer) =>
    importer.imports.flatMap((entry) =>
      problemsOf(entry, exporter, importer.publicKey).map(({ message, severity }) => ({
        path: "exports",
        message: `account "${importer.name}" imports ${entry.stream ?? entry.service} from here, but it ${message}`,
        severity,
      })),
    ),
  );
}

function problemsOf(
  entry: Import,
  { exports, signingKeys, publicKey }: ExporterHint & { publicKey?: unknown },
  importer: unknown,
): Issue[] {
  // Text that is not known yet equals nothing, and must not be taken for something else.
  if (hasUnknown(exports)) return [];
  const vague = [entry.token, signingKeys, publicKey, importer].some(hasUnknown);
  return importProblems(
    entry,
    {
      publicKey: publicKey as string,
      claims: { exports, signingKeys: hasUnknown(signingKeys) ? [] : signingKeys?.flat() },
    },
    { publicKey: importer as string },
  ).filter(({ path }) => !(vague && entry.token !== undefined && path.startsWith("token")));
}

function circleIssues(inputs: Properties): Issue[] {
  const { circle } = (inputs["exchange"] ?? {}) as Partial<ExchangeHint>;
  if (circle === undefined || hasUnknown(circle)) return [];
  const nameOf = (place: string) => `"${circle[Number(place)]?.name}"`;
  const accounts = new Map(circle.map((account, place) => [String(place), account]));
  return importCycles(accounts).map(({ account, index, through }) => {
    const entry = accounts.get(account)?.imports?.[index];
    const [type, subject] =
      entry?.stream === undefined ? ["service", entry?.service] : ["stream", entry.stream];
    const own = account === "0";
    return {
      // Of an import as a whole a preview may not know all, the keys of new accounts for one.
      path: own ? `imports[${index}].${type}` : "exports",
      message:
        `${own ? "" : `account ${nameOf(account)} imports `}${type} ${subject}, which goes round in a circle through ` +
        `${through.map(nameOf).join(", ")}; servers drop one import of a circle without a word`,
      severity: "error",
    };
  });
}
