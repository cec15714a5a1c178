/**
 * Whether a tenant can be called so. It names folders and keys in every store; the longest must fit into a file's name,
 * each character as three.
 */
export const isTenantName = (text: string): boolean => /^[\x21-\x7e]{1,80}$/.test(text);
