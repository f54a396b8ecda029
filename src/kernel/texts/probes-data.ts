export const probeDataTexts = {} as const;
