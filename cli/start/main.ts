/** `npm start`: Sealwatch on this machine, for ./fleet.yaml. */
import { nodeTooOld } from '../node-version.ts';

const complaint = nodeTooOld(process.version);
if (complaint === undefined) {
  const { run } = await import('./run.ts');
  process.exitCode = await run(process.argv.slice(2), process.env, {
    say: (line) => console.log(line),
    complain: (line) => console.error(line),
  });
} else {
  console.error(complaint);
  process.exitCode = 1;
}
