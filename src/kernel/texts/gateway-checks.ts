export const gatewayChecksTexts = {} as const;
