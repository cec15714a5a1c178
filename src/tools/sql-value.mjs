// A database value as JSON: numbers where they are exact, dates as ISO 8601, bytes as base64.
import { DuckDBDateValue, DuckDBTypeId, JSDuckDBValueConverter } from '@duckdb/node-api';

/** A converter for the driver, which calls it again for what lies inside lists, structs and maps. */
export function jsonConverter(value, type, converter) {
  if (value === null || value === undefined) return null;
  if (type.typeId === DuckDBTypeId.DATE) return dateText(value);
  let converted;
  try {
    converted = JSDuckDBValueConverter(value, type, converter);
  } catch {
    // JavaScript has no form for it, such as a timestamp that is infinite: DuckDB's text says what it is.
    return String(value);
  }
  return jsonOf(converted);
}

/** The driver's own text of an infinite date is a day some millions of years away. */
function dateText(value) {
  if (value.days === DuckDBDateValue.PosInf.days) return 'infinity';
  if (value.days === DuckDBDateValue.NegInf.days) return '-infinity';
  return String(value);
}

function jsonOf(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
  return null;
}
