import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

export type TestCertificate = { readonly cert: string; readonly key: string; readonly certFile: string };

/** Makes certificates in a folder of their own; `remove` deletes it. Names are `DNS:…` or `IP:…`. */
export function openTestAuthority() {
  const folder = mkdtempSync(join(tmpdir(), "ampel-certificate-"));
  const openssl = (...args: readonly string[]): string =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=Test Authority");
  // Only `ca` takes a date in the past; its little database starts empty.
  writeFileSync(join(folder, "index.txt"), "");
  writeFileSync(join(folder, "serial"), "01\n");
  const section =
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n";
  writeFileSync(join(folder, "ca.cnf"), section);
  let made = 0;
  return {
    caFile: join(folder, "ca.pem"),
    /** Signed by the authority, valid between two moments (epoch ms). */
    issue: (name: string, names: string, from: number, to: number): TestCertificate => {
      made += 1;
      const stem = `leaf${made}`;
      openssl(
        "req",
        "-new",
        ...newKey,
        "-keyout",
        `${stem}.key`,
        "-out",
        `${stem}.csr`,
        "-subj",
        `/CN=${name}`,
        "-addext",
        `subjectAltName=${names}`,
      );
      const dates = ["-startdate", stamp(from), "-enddate", stamp(to)];
      openssl(
        "ca",
        "-batch",
        "-config",
        "ca.cnf",
        "-cert",
        "ca.pem",
        "-keyfile",
        "ca.key",
        "-in",
        `${stem}.csr`,
        "-out",
        `${stem}.pem`,
        "-notext",
        ...dates,
      );
      return read(folder, stem);
    },
    selfSigned: (name: string, names: string, days: number): TestCertificate => {
      made += 1;
      const stem = `self${made}`;
      openssl(
        "req",
        "-x509",
        ...newKey,
        "-keyout",
        `${stem}.key`,
        "-out",
        `${stem}.pem`,
        "-days",
        String(days),
        "-subj",
        `/CN=${name}`,
        "-addext",
        `subjectAltName=${names}`,
      );
      return read(folder, stem);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function read(folder: string, stem: string): TestCertificate {
  const certFile = join(folder, `${stem}.pem`);
  return { cert: readFileSync(certFile, "utf8"), key: readFileSync(join(folder, `${stem}.key`), "utf8"), certFile };
}

/** `YYYYMMDDHHMMSSZ` */
function stamp(at: number): string {
  return `${new Date(at).toISOString().replace(/[-:T]|\.\d+Z/g, "")}Z`;
}
