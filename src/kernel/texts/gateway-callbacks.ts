export const gatewayCallbacksTexts = {} as const;
