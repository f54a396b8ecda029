export const storeTexts = {} as const;
