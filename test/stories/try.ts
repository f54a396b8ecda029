import { openGround } from "/work/main/test/stories/world.ts";
import { findFault } from "/work/main/src/sandbox/faults.ts";
import { isWorldHealthy } from "/work/main/src/sandbox/health.ts";
import { mendWorld } from "/work/main/src/sandbox/mend.ts";
const t0=performance.now();
const ground = await openGround();
console.log("up", performance.now()-t0);
try {
  for (const name of process.argv.slice(2)) {
    const t=performance.now();
    await findFault(name).inject(ground.world);
    console.log(name,"injected", performance.now()-t);
    const end = await ground.ask(["emergency-response","--auto-fix"]);
    const d = end.document;
    console.log(name, end.exitCode, Math.round(end.durationMs), d.zone, d.zoneNow, d.mode, JSON.stringify(d.findings.map(f=>[f.cause,f.subject,f.zone,f.mutedBy])), JSON.stringify(d.runs.map(r=>[r.playbook,r.subject,r.state,(r as any).message,r.steps.map(s=>[s.name,s.state,s.durationMs,s.state==="done"?"":s.message+" | "+s.output])])), JSON.stringify(d.remaining.map(r=>[r.cause,r.subject,r.reason])), JSON.stringify(d.blindSpots), await isWorldHealthy(ground.world));
    console.log(end.stderr);
    await mendWorld(ground.world);
  }
} finally { await ground.clear(); }
