export const gatewayBreakersTexts = {} as const;
