/** One at a time for each name, in the order of asking: for what must look and then act as one. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  async take<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    const before = this.last.get(name);
    const turn = (before ?? Promise.resolve()).then(act);
    // Whoever comes next waits for the end, not for the success.
    const ended = turn.catch(() => undefined);
    this.last.set(name, ended);
    try {
      return await turn;
    } finally {
      if (this.last.get(name) === ended) this.last.delete(name);
    }
  }
}
