/** The workflow as a build would have it whose code does not come to an end. */
export async function agentRun(): Promise<void> {
  await Promise.resolve();
  for (;;);
}
