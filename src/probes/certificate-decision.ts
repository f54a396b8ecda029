import type { SeenCertificate } from "../integrations/tls-connect.ts";
import { message } from "../kernel/message.ts";
import { isoDay } from "./network-fault.ts";
import type { Observation } from "./probe.ts";

export type CertificateExpectation = {
  readonly warnDays?: number | undefined;
  readonly criticalDays?: number | undefined;
  /** A pinned certificate stands for itself: chain and name count no more, its dates still do. */
  readonly fingerprint?: string | undefined;
};

const dayMs = 86_400_000;

/** Whole days until it expires, rounded down; negative afterwards. */
export function certificateDaysLeft(certificate: Pick<SeenCertificate, "validTo">, now: number): number {
  return Math.floor((certificate.validTo - now) / dayMs);
}

/** 14 days, or a third of the whole life for short-lived certificates, which are renewed late by design. */
export function warnDaysFor(certificate: Pick<SeenCertificate, "validFrom" | "validTo">): number {
  return Math.min(14, Math.floor((certificate.validTo - certificate.validFrom) / dayMs / 3));
}

/** Judges what a server showed: its dates first, as an expired one is a matter of minutes to renew, then who vouches for it, then its name. */
export function decideCertificate(seen: SeenCertificate, expected: CertificateExpectation, target: string, now: number): Observation {
  const days = certificateDaysLeft(seen, now);
  const until = isoDay(seen.validTo);
  const names = seen.names === "" ? seen.subject : seen.names;
  const evidence = `subject ${seen.subject}\nissuer ${seen.issuer}\nnames ${seen.names}\nvalid ${isoDay(seen.validFrom)} to ${until}\nsha256 ${seen.fingerprint256}`;
  const measured = { measures: { certificateDaysLeft: days }, evidence: evidence.slice(0, 2048) };
  const down = (what: Observation["message"], cause: Observation["cause"] = "certificate-invalid"): Observation => ({
    state: "down",
    cause,
    isDefinite: true,
    message: what,
    ...measured,
  });

  if (seen.distrust === "FINGERPRINT_DIFFERS") return down(message("certificate.other", { target, fingerprint: seen.fingerprint256 }));
  if (now > seen.validTo || seen.distrust === "CERT_HAS_EXPIRED") return down(message("certificate.expired", { target, until }));
  if (now < seen.validFrom || seen.distrust === "CERT_NOT_YET_VALID") {
    return down(message("certificate.not-yet", { target, from: isoDay(seen.validFrom) }));
  }
  if (expected.fingerprint === undefined) {
    if (seen.distrust !== undefined && seen.distrust !== "ERR_TLS_CERT_ALTNAME_INVALID") {
      return down(message("certificate.untrusted", { target, reason: seen.distrust, issuer: seen.issuer }));
    }
    if (!seen.isNameRight) return down(message("certificate.name-wrong", { target, names }));
  }
  const criticalDays = expected.criticalDays ?? 0;
  const warnDays = expected.warnDays ?? warnDaysFor(seen);
  if (days < criticalDays) return down(message("certificate.expiring", { target, days, limitDays: criticalDays }), "certificate-expiring");
  if (days < warnDays) {
    return {
      state: "degraded",
      cause: "certificate-expiring",
      message: message("certificate.expiring", { target, days, limitDays: warnDays }),
      ...measured,
    };
  }
  return { state: "ok", message: message("certificate.ok", { target, days }), ...measured };
}
