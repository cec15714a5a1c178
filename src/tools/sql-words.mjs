// DuckDB's words for a failure, without advice that nobody here can take: its settings are locked.

const ADVICE =
  /\s*(?:Possible (?:solutions|fixes):|Try (?:increasing|setting) |See also http|Please try (?:re)?installing|This limit was set by|To enable temporary buffer eviction|Specify a home directory|Stack Trace:)[\s\S]*/;
const ADVISING_LINE = /(?:^|[^\S\n]+)[^.\n]*\b(?:SET|PRAGMA) [a-z_]+ ?=[^\n]*/gim;

/** @param loading the table that is being loaded: its file, and the workspace path that the user knows it by */
export function plainWords(message, loading) {
  const { said, quote } = /^(?<said>[\s\S]*?)(?<quote>\n\nLINE \d+: [\s\S]*)?$/.exec(message).groups;
  const plain = said.replace(ADVICE, '').replace(ADVISING_LINE, '').trimEnd();
  // The quote is of the user's own query and stays as it is, unless the statement was ours.
  const words =
    loading === undefined
      ? `${plain}${quote ?? ''}`
      : plain.replaceAll(`"${loading.file}"`, `"${loading.source}"`);
  return words.replaceAll(`${process.cwd()}/`, '');
}
