export const gatewayCallsTexts = {} as const;
