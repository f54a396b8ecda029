export const probeNetworkTexts = {
  "tcp.open": { de: "{address}:{port} nimmt Verbindungen an", en: "{address}:{port} accepts connections" },
  "tcp.closed": { de: "{address}:{port} ist nicht erreichbar ({reason})", en: "{address}:{port} cannot be reached ({reason})" },
} as const;
