/** What surrounds every page: the way around, how the connection does, and the sign-in where it is needed. */
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Keyboard, Menu as MenuIcon, Monitor, Moon, Plus, Sun, WifiOff } from 'lucide-react';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { unreachableSince } from '../data/connection.js';
import { signInNeeded } from '../data/session.js';
import { useStore } from '../data/store.js';
import { Dialog } from '../parts/dialog.js';
import { duration } from '../parts/format.js';
import { useNow } from '../parts/now.js';
import { Toasts } from '../parts/toasts.js';
import { Mark } from './mark.js';
import { places, type Place } from './places.js';
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
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => {
    main.current?.scrollTo(0, 0);
  }, [path]);
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
      <main id="main" className="main" ref={main} tabIndex={-1}>
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

function Outage(): ReactElement | null {
  const since = useStore(unreachableSince);
  const now = useNow(since === null ? null : 1_000);
  return (
    <div role="status" className={since === null ? 'hidden' : 'outage'}>
      {since !== null && (
        <>
          <WifiOff size={16} aria-hidden="true" />
          <span>
            The server cannot be reached since {duration(Math.max(0, now - since))}. What you see may be old;
            runs go on without this page.
          </span>
        </>
      )}
    </div>
  );
}
