/** Search attributes that a database made by an earlier release does not have yet. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';

// `start-dev --search-attribute` looks at these only when it makes the namespace. Numbers of
// temporal.api.enums.v1.IndexedValueType.
const indexedTypes: Readonly<Record<string, number>> = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
};

const KNOWN_WITHIN_MS = 20_000;

/** Adds what is missing, and waits until the front end knows it, which takes about two seconds. */
export async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(wanted).filter(([name]) => !Object.hasOwn(customAttributes, name));
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, indexedTypes[type] ?? 0])),
  });
  const query = missing.map(([name]) => `${name} is null`).join(' and ');
  for (const deadline = Date.now() + KNOWN_WITHIN_MS; ;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
