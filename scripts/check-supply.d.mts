interface Locked {
  license?: string;
  integrity?: string;
  link?: boolean;
}
export function lockFaults(
  lock: { packages: Record<string, Locked> },
  rules: { licenses: string[]; licenseExceptions: Record<string, string> },
): string[];
export function whyUnanswered(ran: { stdout?: string; stderr?: string; error?: Error }): string;
export function auditFaults(report: unknown, exceptions: Record<string, string>): string[] | null;
