export const gatewayQueueTexts = {} as const;
