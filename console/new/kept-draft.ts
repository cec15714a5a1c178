/** The draft of a run, kept in this tab: over a reload, another page, a session that has ended meanwhile. */
import { useEffect, useState } from 'react';
import { emptyDraft, type Draft } from './draft.js';

const KEY = 'perdure.draft';
const TYPING_MS = 300;

interface Kept {
  draft: Draft;
  withoutFiles: boolean;
}

export function useKeptDraft() {
  const [kept, setKept] = useState(readKept);
  const [draft, setDraft] = useState<Draft>(kept?.draft ?? emptyDraft);
  const [afresh, setAfresh] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => {
      keep(draft);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [draft]);
  const startAfresh = (): void => {
    forgetDraft();
    setDraft(emptyDraft);
    setKept(null);
    setAfresh((before) => before + 1);
  };
  /** @property afresh counts how often it was begun anew: what holds a state of its own goes by it */
  return { draft, setDraft, kept, startAfresh, afresh };
}

export function forgetDraft(): void {
  sessionStorage.removeItem(KEY);
}

function keep(draft: Draft): void {
  if (draft === emptyDraft) return;
  const { files: _files, ...rest } = draft;
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ draft, withoutFiles: false } satisfies Kept));
  } catch {
    // There is no room for the files.
    const without: Kept = { draft: { ...rest, files: [] }, withoutFiles: true };
    sessionStorage.setItem(KEY, JSON.stringify(without));
  }
}

/** Written by this page only, if by an older one. */
function readKept(): Kept | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Kept | null;
    return kept === null ? null : { ...kept, draft: { ...emptyDraft, ...kept.draft } };
  } catch {
    return null;
  }
}
