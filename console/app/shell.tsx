/** What surrounds every page: the way around, how the connection does, and the sign-in where it is needed. */
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Keyboard, LogOut, Menu as MenuIcon, Monitor, Moon, Plus, Sun } from 'lucide-react';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { share, signedInAs, signInNeeded, signOut } from '../data/session.js';
import { useStore } from '../data/store.js';
import { Dialog } from '../parts/dialog.js';
import { pageTitle } from '../parts/title.js';
import { Toasts } from '../parts/toasts.js';
import { Mark } from './mark.js';
import { Outage } from './outage.js';
import { places, type Place } from './places.js';
import { SharedShell } from './shared-shell.js';
import { ShortcutHelp } from './shortcut-help.js';
import { useShortcuts } from './shortcuts.js';
import { SignIn } from './sign-in.js';
import { chooseTheme, theme, themes } from './theme.js';

export function Shell(): ReactElement {
  const needed = useStore(signInNeeded);
  const [helping, setHelping] = useState(false);
  useShortcuts(() => {
    setHelping(true);
  });
  const title = useStore(pageTitle);
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main.current?.scrollTo(0, 0);
    // Whoever hears the page is told of the new one; what else has the focus by then keeps it.
    if (!hasFocusIn(main.current)) main.current?.focus({ preventScroll: true });
  }, [path]);
  if (share !== null) return <SharedShell isOver={needed} />;
  if (needed) return <SignIn />;
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="side">
        <Link to="/" className="brand">
          <Mark />
          perdure
        </Link>
        <Link to="/new" className="button primary" data-key="n">
          <Plus aria-hidden="true" /> New run
        </Link>
        <nav aria-label="Pages">
          <ul>
            {places.map((place) => (
              <li key={place.to}>
                <PlaceLink place={place} />
              </li>
            ))}
          </ul>
        </nav>
        <div className="foot">
          <button
            type="button"
            onClick={() => {
              setHelping(true);
            }}
          >
            <Keyboard className="icon" aria-hidden="true" />
            Keyboard
          </button>
          <ThemeButton />
          <SignOutButton />
        </div>
      </header>
      <header className="top">
        <Link to="/" className="brand">
          <Mark />
          perdure
        </Link>
        <Link to="/new" className="button primary icon" aria-label="New run">
          <Plus aria-hidden="true" />
        </Link>
        <PlacesMenu />
      </header>
      <Outage />
      <main id="main" className="main" ref={main} tabIndex={-1} aria-label={title === '' ? undefined : title}>
        <Outlet />
      </main>
      <Toasts />
      <ShortcutHelp
        open={helping}
        onClose={() => {
          setHelping(false);
        }}
      />
    </div>
  );
}

const hasFocusIn = (place: HTMLElement | null): boolean =>
  place !== null && document.activeElement !== place && place.contains(document.activeElement);

function PlaceLink({ place: { to, name, icon: Icon, Count } }: { place: Place }): ReactElement {
  return (
    <Link to={to} activeOptions={{ exact: true, includeSearch: false }}>
      <Icon className="icon" aria-hidden="true" />
      {name}
      {Count !== undefined && <Count />}
    </Link>
  );
}

/** On a phone. */
function PlacesMenu(): ReactElement {
  const [open, setOpen] = useState(false);
  const close = (): void => {
    setOpen(false);
  };
  return (
    <>
      <button
        type="button"
        className="button icon"
        aria-label="Pages"
        aria-expanded={open}
        onClick={() => {
          setOpen(true);
        }}
      >
        <MenuIcon aria-hidden="true" />
      </button>
      <Dialog open={open} onClose={close} title="Pages">
        <nav aria-label="Pages" className="places" onClick={close}>
          <ul>
            {places.map((place) => (
              <li key={place.to}>
                <PlaceLink place={place} />
              </li>
            ))}
          </ul>
          <ThemeButton />
          <SignOutButton />
        </nav>
      </Dialog>
    </>
  );
}

function ThemeButton(): ReactElement {
  const chosen = useStore(theme);
  const Icon = { system: Monitor, light: Sun, dark: Moon }[chosen];
  const next = themes[(themes.indexOf(chosen) + 1) % themes.length] ?? 'system';
  return (
    <button
      type="button"
      onClick={() => {
        chooseTheme(next);
      }}
    >
      <Icon className="icon" aria-hidden="true" />
      Colours: {chosen}
      <span className="hidden">. Change to {next}</span>
    </button>
  );
}

function SignOutButton(): ReactElement | null {
  const name = useStore(signedInAs);
  return name === null ? null : (
    <button type="button" onClick={() => void signOut()}>
      <LogOut className="icon" aria-hidden="true" />
      <span className="ellipsis">Sign out: {name}</span>
    </button>
  );
}
