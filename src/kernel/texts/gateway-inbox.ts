export const gatewayInboxTexts = {} as const;
