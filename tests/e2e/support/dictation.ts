/** What a model is to say, told piece by piece while it says it. */
export interface Dictation extends AsyncIterable<string> {
  say: (text: string) => void;
  end: () => void;
  /** As a connection that is lost. */
  break: () => void;
}

type Piece = { text: string } | 'end' | 'break';

export function dictation(): Dictation {
  const pieces: Piece[] = [];
  let wake = (): void => undefined;
  const add = (piece: Piece): void => {
    pieces.push(piece);
    wake();
  };
  return {
    say: (text) => {
      add({ text });
    },
    end: () => {
      add('end');
    },
    break: () => {
      add('break');
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const piece = pieces.shift();
        if (piece === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if (piece === 'end') return;
        else if (piece === 'break') throw new Error('broken off, as it was told');
        else yield piece.text;
      }
    },
  };
}
