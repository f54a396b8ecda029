import { openGround } from "./world.ts";
import { findFault } from "../../src/sandbox/faults.ts";
import { mendWorld } from "../../src/sandbox/mend.ts";
const ground = await openGround();
try {
  await findFault("app-slow").inject(ground.world);
  for (const words of [["db:sessions"],["cache:clear","--confirm"],["optimize:clear","--confirm"],["db:reconnect","--confirm"],["db:reconnect","app","--confirm"]]) {
    const end = await ground.run(words);
    console.log("=====", words.join(" "), end.exitCode, Math.round(end.durationMs), "\n" + end.stdout, end.stderr, await findFault("app-slow").isInjected(ground.world));
  }
  const end = await ground.run(["playbook:run", "system-slow", "--subject", "app"], { typing: [[/alles andere/, "ja"]], limitMs: 100_000 });
  console.log(end.exitCode, end.stdout.slice(-3000));
} finally { await ground.clear(); }
