/** Tools whose step waits for an answer from outside: from a person, or from a program that has the callback's address. */

/** What each of them waits for; apart from the schemas, for workflows need it. */
export const askingTools: Readonly<Record<string, 'question' | 'event'>> = {
  ask_human: 'question',
  wait_for_event: 'event',
};

/** Undefined for a tool that does its work by itself. */
export const asksFor = (tool: string | null): 'question' | 'event' | undefined =>
  tool !== null && Object.hasOwn(askingTools, tool) ? askingTools[tool] : undefined;
