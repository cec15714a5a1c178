/** First in, first out, without moving what waits: a plan may have thousands of ready steps. */
export class Queue<Item> {
  private readonly items: Item[] = [];
  private next = 0;

  add(item: Item): void {
    this.items.push(item);
  }

  take(): Item | undefined {
    const item = this.items[this.next];
    if (item !== undefined) this.next += 1;
    return item;
  }

  get size(): number {
    return this.items.length - this.next;
  }
}
