/** Lists that come in pages. */

/** Awaited, the first page; iterated over, the items of all pages. */
export type Listing<Page, Item> = Promise<Page> & AsyncIterable<Item>;

export function listing<Page extends { nextCursor: string | null }, Item>(
  pageAt: (cursor?: string) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Listing<Page, Item> {
  const first = pageAt();
  return Object.assign(first, {
    async *[Symbol.asyncIterator]() {
      for (let page = await first; ; page = await pageAt(page.nextCursor)) {
        yield* itemsOf(page);
        if (page.nextCursor === null) return;
      }
    },
  });
}
