export const probeHostTexts = {} as const;
