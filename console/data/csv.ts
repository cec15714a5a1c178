/** CSV as of RFC 4180: fields in quotes may hold commas, line breaks and doubled quotes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|\r|$)/gy;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    // A quote that does not fit: the rest of the line is taken as it is.
    if (match === null) {
      const end = /\r?\n|$/.exec(text.slice(field.lastIndex))?.index ?? 0;
      row.push(text.slice(0, end));
      break;
    }
    const [, quoted, plain = '', end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') {
      rows.push(row);
      row = [];
    } else if (field.lastIndex === text.length) {
      rows.push([...row, '']);
      row = [];
    }
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
