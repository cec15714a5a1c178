/** The answer of a moment ago, the one that is on its way, or a new one; what failed is asked for anew. */
export function remembered<Value>(freshMs: number, act: () => Promise<Value>): () => Promise<Value> {
  let last: { at: number; answer: Promise<Value> } | undefined;
  return () => {
    if (last === undefined || Date.now() - last.at > freshMs) {
      const answer = act();
      last = { at: Date.now(), answer };
      answer.catch(() => (last = undefined));
    }
    return last.answer;
  };
}
