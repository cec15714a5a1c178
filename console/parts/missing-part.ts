/** A part of the console itself that could not be loaded: the server is away, or has a newer console. */
export class MissingPartError extends Error {}

/** @throws MissingPartError, at which the router does not load the page anew: with the server away, nothing would be left */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new MissingPartError('This part of the console could not be loaded.', { cause: error });
  }
}
