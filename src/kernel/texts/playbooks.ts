export const playbookTexts = {} as const;
