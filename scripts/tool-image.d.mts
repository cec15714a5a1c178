export const packages: readonly string[];
export const parts: readonly string[];
