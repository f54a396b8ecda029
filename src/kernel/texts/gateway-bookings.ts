export const gatewayBookingsTexts = {} as const;
