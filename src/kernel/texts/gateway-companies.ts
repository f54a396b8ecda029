export const gatewayCompaniesTexts = {} as const;
