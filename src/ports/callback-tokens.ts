/** Unguessable tokens, each for one thing that one run waits for. */
export interface CallbackTokens {
  tokenOf(runId: string, approvalId: string): string;
  /** Null for a token that is not ours; takes as long for a good one as for a bad one. */
  read(token: string): { runId: string; approvalId: string } | null;
}
