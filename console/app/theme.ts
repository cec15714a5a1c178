/** Light, dark, or as the system says; remembered in this browser. */
import { createStore } from '../data/store.js';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const KEY = 'perdure.theme';
const remembered = localStorage.getItem(KEY);

export const theme = createStore<Theme>(themes.find((one) => one === remembered) ?? 'system');

export function applyTheme(): void {
  const chosen = theme.get();
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function chooseTheme(next: Theme): void {
  theme.set(next);
  localStorage.setItem(KEY, next);
  applyTheme();
}
