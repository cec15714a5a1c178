/** Where a picture of a text lies in the workspace. @returns null for what does not lie there */
export function picturePath(address: string, folder: string): string | null {
  if (address === '' || /^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(address)) return null;
  const decoded = decodedOf(address);
  if (decoded === null) return null;
  const parts: string[] = [];
  for (const part of [...folder.split('/'), ...decoded.split('/')]) {
    if (part === '..') {
      if (parts.pop() === undefined) return null;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** What is no text when it is decoded would end the page that shows it. */
function decodedOf(address: string): string | null {
  try {
    return decodeURI(address);
  } catch {
    return null;
  }
}
