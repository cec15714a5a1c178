/** A text that grows while a model writes it; its end stays in sight unless somebody reads further up. */
import { useEffect, useRef, type ReactElement } from 'react';

/** Pixels from the end within which it follows. */
const NEAR_PX = 40;

export function Writing(props: { text: string; label: string; goesOn: boolean }): ReactElement {
  const { text, label, goesOn } = props;
  const place = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current) place.current?.scrollTo(0, place.current.scrollHeight);
  }, [text]);
  return (
    <pre
      ref={place}
      className={goesOn ? 'code writing' : 'code'}
      tabIndex={0}
      role="group"
      aria-label={label}
      dir="auto"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      }}
    >
      {text}
    </pre>
  );
}
