/** A tool that cannot be undone: it stands for a call to a bank. */
import { defineTool, z } from 'perdure/tools';

export default defineTool({
  name: 'pay_invoice',
  description: 'Pays an invoice, in euros. Cannot be undone. Output: {invoice, euros, receipt}.',
  args: z.strictObject({ invoice: z.string().min(1), euros: z.number().positive().max(10_000) }),
  // Never tried again by itself; and asked about, where the agent or the submission says so.
  effect: 'irreversible',
  timeoutSeconds: 30,
  async execute({ invoice, euros }, { files, idempotencyKey }) {
    // A bank would be given the key, so that the same payment sent twice is one.
    const receipt = `R-${invoice}`;
    await files.write(`receipts/${receipt}.json`, JSON.stringify({ invoice, euros, idempotencyKey }));
    return { output: { invoice, euros, receipt } };
  },
});
