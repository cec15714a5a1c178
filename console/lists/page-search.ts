/** What the audit log and the page of tools show, as their addresses tell it. */
export const auditFields = ['subject', 'action', 'outcome'] as const;
export type AuditSearch = Partial<Record<(typeof auditFields)[number], string>>;

export interface ToolSearch {
  /** Words to look for. */
  q?: string;
}

export const readAuditSearch = (given: Record<string, unknown>): AuditSearch => texts(given, auditFields);
export const readToolSearch = (given: Record<string, unknown>): ToolSearch => texts(given, ['q']);

/** What looks like a number comes as one; what makes no sense is left out. */
function texts<Name extends string>(
  given: Record<string, unknown>,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = given[name];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') found[name] = String(value);
  }
  return found;
}
