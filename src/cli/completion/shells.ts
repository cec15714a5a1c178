/** Completion scripts. Each finds by the words so far which command it is in, and offers what may come next. */
import type { Place, Word } from './grammar.js';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Patterns of every command, for a `case`: only words that are commands lead further in. */
const everyCommand = (places: readonly Place[]): string =>
  places.flatMap(({ at }) => (at === '' ? [] : [`'${at}'`])).join('|');

const wordsOf = ({ commands, options }: Place): Word[] => [...commands, ...options];

export const shells = {
  bash: (places: readonly Place[]): string => `# perdure completion bash
_perdure() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" at="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at/$word" in
      ${everyCommand(places)}) at="$at/$word" ;;
    esac
  done
  case "$at" in
${places
  .map(
    (place) =>
      `    '${place.at}') words=${quoted(
        wordsOf(place)
          .map(({ text }) => text)
          .join(' '),
      )} ;;`,
  )
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _perdure perdure
`,

  zsh: (places: readonly Place[]): string => `#compdef perdure
# perdure completion zsh
_perdure() {
  local at="" word
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
      ${everyCommand(places)}) at="$at/$word" ;;
    esac
  done
  case "$at" in
${places
  .map(
    (place) =>
      `    '${place.at}') choices=(${wordsOf(place)
        .map(({ text, description }) => quoted(`${text}:${description.replaceAll(':', '\\:')}`))
        .join(' ')}) ;;`,
  )
  .join('\n')}
  esac
  _describe perdure choices || _files
}
if [ "$funcstack[1]" = _perdure ]; then _perdure "$@"; else compdef _perdure perdure; fi
`,

  fish: (places: readonly Place[]): string => `# perdure completion fish
function __perdure_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at/$word"
      case ${places.flatMap(({ at }) => (at === '' ? [] : [`'${at}'`])).join(' ')}
        set at "$at/$word"
    end
  end
  test "$at" = "$argv[1]"
end
${places.map((place) => fishPlace(place)).join('\n')}
`,
};

function fishPlace({ at, commands, options }: Place): string {
  const base = `complete -c perdure -n "__perdure_at '${at}'"`;
  return [
    ...commands.map(({ text, description }) => `${base} -f -a ${text} -d ${fishQuoted(description)}`),
    ...options.map(({ text, short, description, takesValue }) =>
      [
        base,
        `-l ${text.slice(2)}`,
        ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
        ...(takesValue ? ['-r'] : []),
        `-d ${fishQuoted(description)}`,
      ].join(' '),
    ),
  ].join('\n');
}

const fishQuoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
